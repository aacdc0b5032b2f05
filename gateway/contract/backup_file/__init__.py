"""One backup, one file: members in encrypted chunks, readable with the recovery key only, provable whole without it.

    magic line | head (who, when, for which key) | chunks ... | 0 | signed index: members, digest of every chunk

Written by whoever has the public half of the recovery key; the file's own key is X25519 of an ephemeral key and that half, and
dies with the writer. The writer's own Ed25519 key signs the index, so that it can prove later, unattended, that the bytes are those
written. Gateways and central write the same form. Files are the caller's: nothing here opens one, or makes a key.
"""
