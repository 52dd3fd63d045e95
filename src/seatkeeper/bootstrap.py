"""The only room that knows every concrete class; doors and shells get theirs from here."""
