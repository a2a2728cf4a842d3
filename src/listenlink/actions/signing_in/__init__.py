"""What somebody does to be known: one-time links, passwords, passkeys, sign-ins, invitations."""
