"""What scripts/browser-test is made of: Chromium, the chat page as a visitor sees it, what to expect of it."""
