"""The judge: two models of another architecture than the guides; one names what a picture shows, one its caption."""
