"""Gap levels, risk reasons, border communes, isolation, priority and roll-ups."""
