"""Who launched us, and how to answer: LTI 1.3."""
