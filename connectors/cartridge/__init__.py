"""A packed course: IMS Common Cartridge 1.0 to 1.3, which is what Canvas exports too.

`package` opens the archive, `manifest` reads what is in it, `reading` says it in LMS-DM. All of it
is a stranger's: nothing is unpacked to disk, no name leads out of the archive, no XML may declare
anything, and what grows too large is left.
Source: https://www.imsglobal.org/cc/ (profiles 1.0 to 1.3) and the exports of Canvas.
"""
