"""The figures of the page, by what they show; each is made of the results and of the words of a language."""
