"""What of a change nobody asked for, or what was asked for and is not done: a person is asked first."""
