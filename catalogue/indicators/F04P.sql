-- Money spent for the volunteer teams in the window: allowances paid, and the cost of their activities. Allocations
-- (F01) have no such lines.
SELECT y.unit AS unit, y.id AS subject, y.id AS record, y.amount AS num, NULL AS den, 'allowance' AS by1
FROM allowance_payment y
WHERE y.paid_on BETWEEN :t0 AND :t1
UNION ALL
SELECT a.unit, a.id, a.id, a.cost, NULL,
       CASE WHEN a.kind = 'training' THEN 'training'
            WHEN a.kind IN ('direct', 'behaviour_change', 'talk', 'seminar', 'forum', 'contest', 'rally', 'exchange',
                            'dialogue', 'club_meeting') THEN 'propaganda'
            ELSE 'activity' END
FROM activity a
JOIN team t ON t.id = a.team AND t.kind = 'volunteer_team'
WHERE a.on_date BETWEEN :t0 AND :t1 AND a.cost IS NOT NULL
