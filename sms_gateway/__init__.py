"""SMS edge: what comes from and goes to phones, through whichever provider the settings name."""
