"""One backup, one file: members in encrypted chunks, readable with the recovery key only, provable whole without it.

    magic line | head (who, when, for which key) | chunks ... | 0 | signed index: members, digest of every chunk

Written by whoever has the public half of the recovery key; the file's own key is X25519 of an ephemeral key and that half, and
dies with the writer. The gateway's key signs the index, so that it can prove later, unattended, that the bytes are those written.
"""
