"""Speech engines that say when each phone is spoken."""
