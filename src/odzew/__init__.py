"""Odzew: a desk where a report of child sexual exploitation or intimate-image abuse does not rest until it is answered."""
