"""How often the best phrase of each kind is right, and how long it takes to describe a picture."""
