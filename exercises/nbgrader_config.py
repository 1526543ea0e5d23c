"""The course's settings for every nbgrader command that is run in this folder."""

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, GetGrades, LimitOutput, SaveAutoGrades

from mslib.course.judge import Judge

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "across-the-scales"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}

# A submission is never run by the grader itself: Judge runs it in a closed room and judges what it reports.
c.OverwriteCells.add_missing_cells = True
c.Autograde.autograde_preprocessors = [Judge, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
c.Judge.cell_seconds = 30.0
c.Judge.seconds = 150.0
c.Judge.memory = 3072

# A student's text must not run as a script in the browser of whoever reads the feedback.
c.GenerateFeedback.preprocessors = [GetGrades, SanitizeHTML, CSSHTMLHeaderPreprocessor]
c.SanitizeHTML.enabled = True
