"""How early, and how surely, can we know that a flight will not be on time?"""
