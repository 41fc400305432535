-- The program brings `fold` along, see the other file.

