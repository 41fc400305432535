//! Scarce places, shared fairly: whoever asks for many waits behind himself, not before others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::Error;
use tokio::sync::oneshot;

/// Who waits, and for what of it: each `who` has its turn, and within it each `what`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    who: String,
    what: String,
}

impl Turn {
    pub fn new(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self { who: who.into(), what: what.into() }
    }
}

/// A fixed number of places, each with something in it that one uses at a time.
#[derive(Debug)]
pub struct Turns<T>(Arc<Mutex<Waiting<T>>>);

impl<T> Clone for Turns<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Waiting<T> {
    /// While one is free, nobody waits.
    free: Vec<T>,
    queues: VecDeque<Queue<T>>,
    /// How many places each one holds.
    held: HashMap<String, usize>,
}

/// All that one waits for, by what.
#[derive(Debug)]
struct Queue<T> {
    who: String,
    lines: VecDeque<(String, VecDeque<oneshot::Sender<Place<T>>>)>,
}

/// A place that is held until it is dropped.
#[derive(Debug)]
pub struct Place<T> {
    inside: Option<T>,
    who: String,
    turns: Turns<T>,
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        if let Some(inside) = self.inside.take() {
            self.turns.give_back(std::mem::take(&mut self.who), inside);
        }
    }
}

impl<T> Waiting<T> {
    fn push(&mut self, turn: &Turn, sender: oneshot::Sender<Place<T>>) {
        let at = self.queues.iter().position(|queue| queue.who == turn.who).unwrap_or_else(|| {
            self.queues.push_back(Queue { who: turn.who.clone(), lines: VecDeque::new() });
            self.queues.len() - 1
        });
        let lines = &mut self.queues[at].lines;
        match lines.iter_mut().find(|(what, _)| *what == turn.what) {
            Some((_, line)) => line.push_back(sender),
            None => lines.push_back((turn.what.clone(), VecDeque::from([sender]))),
        }
    }

    /// Whose turn it is: who holds fewest places, and of these who has waited longest for one.
    fn pop(&mut self) -> Option<(String, oneshot::Sender<Place<T>>)> {
        let held = |queue: &Queue<T>| self.held.get(&queue.who).copied().unwrap_or_default();
        let (at, _) = self.queues.iter().enumerate().min_by_key(|(_, queue)| held(queue))?;
        let mut queue = self.queues.remove(at)?;
        let (what, mut line) = queue.lines.pop_front()?;
        let sender = line.pop_front()?;
        let who = queue.who.clone();
        if !line.is_empty() {
            queue.lines.push_back((what, line));
        }
        if !queue.lines.is_empty() {
            self.queues.push_back(queue);
        }
        Some((who, sender))
    }

    fn release(&mut self, who: &str) {
        if let Some(held) = self.held.get_mut(who) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(who);
            }
        }
    }
}

impl<T> Turns<T> {
    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place.
    pub async fn place(&self, turn: &Turn) -> Result<Place<T>, Error> {
        let waiter = {
            let mut waiting = self.lock();
            if let Some(inside) = waiting.free.pop() {
                *waiting.held.entry(turn.who.clone()).or_default() += 1;
                return Ok(Place { inside: Some(inside), who: turn.who.clone(), turns: self.clone() });
            }
            let (sender, waiter) = oneshot::channel();
            waiting.push(turn, sender);
            waiter
        };
        waiter.await.map_err(Error::internal)
    }

    /// Hands a place on to whoever still waits.
    fn give_back(&self, mut who: String, mut inside: T) {
        loop {
            let (next, sender) = {
                let mut waiting = self.lock();
                waiting.release(&who);
                let Some((next, sender)) = waiting.pop() else {
                    waiting.free.push(inside);
                    return;
                };
                *waiting.held.entry(next.clone()).or_default() += 1;
                (next, sender)
            };
            let place = Place { inside: Some(inside), who: next, turns: self.clone() };
            let Err(mut refused) = sender.send(place) else { return };
            let Some(back) = refused.inside.take() else { return };
            (who, inside) = (std::mem::take(&mut refused.who), back);
        }
    }
}

impl<T: Default + Send + 'static> Turns<T> {
    pub fn new(places: usize) -> Self {
        let free = (0..places.max(1)).map(|_| T::default()).collect();
        Self(Arc::new(Mutex::new(Waiting { free, queues: VecDeque::new(), held: HashMap::new() })))
    }

    /// Waits for a place and does the work there, off the async threads. Whoever asked may go away meanwhile: work that
    /// has not begun never does, and a place where it has stays taken until it ends.
    pub async fn work<R: Send + 'static>(
        &self,
        turn: &Turn,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let mut place = self.place(turn).await?;
        let done = tokio::task::spawn_blocking(move || {
            // A place has something inside until it is dropped.
            let done = work(place.inside.get_or_insert_default());
            drop(place);
            done
        });
        done.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use futures_util::future::join_all;

    fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    /// In which order two places serve who waits behind one that is taken.
    async fn served(waiting: &[(&str, &str)]) -> Vec<String> {
        let turns: Turns<()> = Turns::new(1);
        let first = turns.place(&Turn::new("first", "")).await.unwrap();
        let order = Mutex::new(Vec::new());
        let waiters = waiting.iter().map(|(who, what)| {
            let (turns, order) = (&turns, &order);
            async move {
                let place = turns.place(&Turn::new(*who, *what)).await.unwrap();
                order.lock().unwrap().push(format!("{who}{what}"));
                drop(place);
            }
        });
        tokio::join!(join_all(waiters), async {
            tokio::task::yield_now().await;
            drop(first);
        });
        order.into_inner().unwrap()
    }

    #[tokio::test]
    async fn whoever_asks_for_many_waits_behind_himself() {
        let many = [("a", "1"), ("a", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("b", "1")];
        assert_eq!(served(&many).await, ["a1", "b1", "c1", "a2", "b1", "a1", "a1"]);
    }

    #[tokio::test]
    async fn who_holds_fewest_places_is_next() {
        let turns: Turns<()> = Turns::new(2);
        let (one, two) = (Turn::new("greedy", ""), Turn::new("modest", ""));
        let held = [turns.place(&one).await.unwrap(), turns.place(&one).await.unwrap()];
        let (mut third, mut modest) = (Box::pin(turns.place(&one)), Box::pin(turns.place(&two)));
        assert!(poll(&mut third).is_pending());
        assert!(poll(&mut modest).is_pending());
        let [first, _second] = held;
        drop(first);
        assert!(poll(&mut third).is_pending());
        assert!(poll(&mut modest).is_ready());
    }

    #[tokio::test]
    async fn who_went_away_leaves_the_place_to_others() {
        let turns: Turns<()> = Turns::new(1);
        let turn = Turn::new("a", "");
        let held = turns.place(&turn).await.unwrap();
        let (mut gone, mut stays) = (Box::pin(turns.place(&turn)), Box::pin(turns.place(&turn)));
        assert!(poll(&mut gone).is_pending());
        assert!(poll(&mut stays).is_pending());
        drop(gone);
        drop(held);
        assert!(poll(&mut stays).is_ready());
        drop(stays);
        // One that was handed a place and never looked gives it back too.
        let held = turns.place(&turn).await.unwrap();
        let mut unlooked = Box::pin(turns.place(&turn));
        assert!(poll(&mut unlooked).is_pending());
        drop(held);
        drop(unlooked);
        turns.work(&turn, |()| ()).await.unwrap();
        assert!(turns.lock().held.is_empty());
    }
}
