"""Problems on Part I: one module for each chapter, named as the chapter is."""
