"""What runs inside the Rasa server: the understanding of Vietnamese (`bot.nlu`) and the door to it (`bot.channels`)."""
