"""Tests of portal/firmware."""
