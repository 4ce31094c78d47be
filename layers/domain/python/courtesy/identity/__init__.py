"""Who is who: normalise, block, compare, link, merge, split."""
