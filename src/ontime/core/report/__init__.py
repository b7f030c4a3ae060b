"""Results of all stages -> pages for people: the report, the model card, the dictionaries, a reviewer's page.

answer: sections on the question and the answer.
audit: section on a published figure.
blocks: what a section is made of: text, points, tables, pictures.
bundle_card: the card of a bundle.
card: the model card.
costs: section on what a mistake costs.
dictionaries: the contract and the features as pages of docs/.
html: sections as one page of HTML; templates/page.html is its template.
leads: sections on how early, and on what the model and its feature groups are worth.
limits: sections on what is not known, and on where the numbers come from.
loop: section on the replayed year.
markdown: sections as a page of Markdown.
page: the report: which sections it has, in their order.
prose: what the sections say: the passages of templates/*.j2, a template a module, filled with results.
records: the JSON that the report reads, typed.
results: all that the report reads.
review: what differs between two revisions, for the reviewer of a change.
stress: section on how the model degrades.
weakness: section on where the model is weak.
"""
