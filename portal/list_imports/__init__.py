"""Lists of SIP accounts and of customers: how they are read, compared, shown, imported, taken back.

What the columns of one kind mean stands in the folder of its feature; see kinds.py.
"""
