"""Say why a job ended without a picture, or how its picture was changed for delivery."""

GIVEN_UP = "The engine stopped {attempts} times while it painted this, so I gave up. Try other settings."
INPUT_LOST = "A picture that this needs is missing from my disk. Please send it again."
NOT_STORED = "I could not store the finished picture. Please tell whoever runs this bot, and try again later."
LOST = "I no longer have the finished picture. Please ask for it again."
TAKEN_AT_NO_SIZE = "The picture is too large for Discord here, even as a small JPEG."
CLOSED_EVERYWHERE = (
    "I may no longer post where you asked, and you accept no direct messages from me. "
    "So I could not show you the picture."
)
NOWHERE_TO_TELL = "I found no place to tell you."
AS_JPEG = "It is a JPEG here, because the PNG is too large for this place."
SMALLER = "It is smaller here, because its own size is too large for this place."
NO_THREAD = "I could not open a thread here, so I post everything in the channel."
ENGINE_STOPPED_LOOKING = "The engine stopped before it had looked at the picture. Please try again in a minute."
ENGINE_TOO_BUSY = "The engine is too busy to look at the picture. Please try again in a few minutes."
