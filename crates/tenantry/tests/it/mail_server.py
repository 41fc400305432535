"""A mail server for tests: takes mail on a port of 127.0.0.1 and prints each message as a line of JSON.

Recipients whose name begins with `busy` are told to come back, those that begin with `unknown` are refused. With a user
name and a password as arguments it takes mail only from whoever signs in with them.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(**fields):
    print(json.dumps(fields), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("busy"):
            return "451 Come back later"
        if address.startswith("unknown"):
            return "550 Nobody of that name here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            to=envelope.rcpt_tos,
            sender=envelope.mail_from,
            headers={name.lower(): str(value) for name, value in message.items()},
            text=message.get_body(("plain",)).get_content(),
            html=page.get_content() if (page := message.get_body(("html",))) else None,
            login=getattr(session, "login_name", None),
        )
        return "250 Taken"


def authenticator(wanted):
    def check(server, session, envelope, mechanism, data):
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = (data.login.decode(), data.password.decode())
        session.login_name = given[0]
        return AuthResult(success=given == wanted)

    return check


async def main():
    wanted = tuple(sys.argv[1:3])
    signing_in = (
        {"authenticator": authenticator(wanted), "auth_required": True, "auth_require_tls": False} if wanted else {}
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), **signing_in), "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    # Whoever started it closes its input when it is to end.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
