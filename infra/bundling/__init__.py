"""Makes the artefacts that are deployed: layer and function folders, without Docker and cached by what goes into them."""
