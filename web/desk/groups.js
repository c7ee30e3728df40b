// Record types by what they are about, as the plans speak of it. A type that the district adds stands under "other".
export const GROUPS = [
  ["people", "person residence_move household hamlet"],
  ["drugs", "drug_case court_order rehab_episode post_rehab post_rehab_review counselling_point point_session ex_prisoner_case"],
  ["victims", "trafficking_case trafficking_relative sexwork_case sexwork_count gbv_case reintegration_model women_share"],
  ["children", "child_case child_report child_plan child_plan_review foster_family foster_placement child_population"],
  ["welfare", "beneficiary service_event support_grant referral hotline_call hotline_duty facility"],
  ["teams", "team team_member assignment contact_log sw_staff training_attendance allowance_payment"],
  ["area", "watch_list_entry risk_group_entry list_review hotspot incident business_site site_inspection"],
  ["work", "activity product plan plan_item inspection reward difficulty"],
  ["money", "budget_estimate budget_settlement score_sheet score_line correction"],
  ["papers", "document attachment data_request data_breach"],
].map(([name, types]) => [name, types.split(" ")]);

const MOST = 8; // types that stand first because they are used most here

/** [[name of the group, types]]: what is used most here, then the rest by subject; each type once. */
export function grouped(types, used) {
  const most = types.filter((x) => used[x.name] > 0).sort((a, b) => used[b.name] - used[a.name]).slice(0, MOST);
  const rest = types.filter((x) => !most.includes(x));
  const known = new Set(GROUPS.flatMap(([, names]) => names));
  return [["most", most],
    ...GROUPS.map(([name, names]) => [name, names.map((n) => rest.find((x) => x.name === n)).filter(Boolean)]),
    ["other", rest.filter((x) => !known.has(x.name))]].filter(([, of]) => of.length > 0);
}
