"""The print vendor of the local stack, previews of what is sent, and the kit by which a real vendor tries its end."""
