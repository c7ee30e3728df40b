-- Estimates of the year of :t1 by line.
WITH line AS (
    SELECT b.unit, b.id, b.year, b.line_activity AS amount, 'activity' AS kind FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_allowance, 'allowance' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_uniform, 'uniform' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_propaganda, 'propaganda' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_training, 'training' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_point, 'point' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_support, 'support' FROM budget_estimate b
    UNION ALL
    SELECT b.unit, b.id, b.year, b.line_other, 'other' FROM budget_estimate b
)
SELECT l.unit AS unit, l.id AS subject, l.id AS record, l.amount AS num, NULL AS den, l.kind AS by1
FROM line l
WHERE l.year = CAST(strftime('%Y', :t1) AS INTEGER) AND l.amount IS NOT NULL
