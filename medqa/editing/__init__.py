"""What editors' commands do to the files of an archive: planned as values, then written all or not at all.

`tidying` (`fmt`), `drafting` (`new`), `renaming` by `rewriting` (`rename`); `holdings` is what the files tell, `naming`
makes free stems, `edits` writes.
"""
