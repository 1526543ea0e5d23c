"""Part I, Principles: one module for each chapter, named as the chapter is."""
