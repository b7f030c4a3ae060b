"""What the machinery may know about a dataset. To bring another one, write these declarations in a package of its own.

Begin with `dataset`, which lists the parts and says which of them may be left out.

dataset: the dataset itself: its name, and where each part is written
clocks: when values become known, from the earliest moment to the latest
contract: tables, their columns, and the rules that rows and months must keep
features: how clean tables become features, as of the moment of a prediction
slices: where a model is asked how good it is
stress: sources that may fail, examples made by hand, and changes that must keep a law
messages: how the rows of a table arrive message by message, when predictions are asked for
protocol: a published figure, and the steps from there to one's own
story: what reports say of the dataset in its own words

What is asked of these declarations, and of what their functions give:

seam: the parts of a dataset, held against all of it, and the functions that check what they give
check_tables: flaws of the contract
check_features: flaws of the feature set
check_parts: flaws of the other parts, and of what they say of one another
outputs: flaws of what `read`, derived columns of a table, rules and others give
feature_outputs: flaws of what `rows`, `events` and derived features give
dtypes: the types that columns have across the seam
forms: values of another kind than their field has, functions of other arguments
flaws: a flaw in words, and the error that lists all of them
"""
