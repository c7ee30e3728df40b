/* The state of the hub. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/store_moves.h"

/* What waits for a person: offers nobody answers, writes that crossed a transfer. */
static void hub_command_status_moves(struct hub_app *a, json_t *j)
{
    struct hub_moves_waiting m;
    if (j == NULL || hub_store_moves_waiting(a->store, clock_wall_ms(), &m) != ERR_OK) return;
    json_object_set_new(j, "transfers_open", json_integer((json_int_t)m.offers));
    json_object_set_new(j, "transfers_overdue", json_integer((json_int_t)m.overdue));
    json_object_set_new(j, "crossed_open", json_integer((json_int_t)m.crossed));
}

json_t *hub_command_status(struct hub_app *a, const json_t *request)
{
    struct hub_counts n;
    struct hub_position at;
    (void)request;
    enum err e = hub_store_counts(a->store, &n);
    if (e != ERR_OK) return hub_command_fail(e);
    hub_store_position(a->store, &at);
    json_t *j = json_pack(
        "{s:o, s:s, s:s, s:b, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "hub",
        hub_json_hex(BYTES_OF(a->identity.hub.b)), "unit", a->identity.unit, "name",
        a->identity.unit_name, "running", (int)(a->drive != NULL), "edition",
        (json_int_t)at.edition, "position", (json_int_t)at.position, "position_hash",
        hub_json_hex(BYTES_OF(at.hash.b)), "sets", (json_int_t)n.sets, "records",
        (json_int_t)n.records, "nodes", (json_int_t)n.nodes, "conflicts", (json_int_t)n.conflicts,
        "held", (json_int_t)n.held, "pairs", (json_int_t)n.pairs);
    json_object_set_new(j, "issue_key", hub_keys_issue(a));
    hub_command_status_warnings(a, j);
    hub_command_status_moves(a, j);
    hub_command_status_registers(a, j);
    if (j != NULL) hub_command_cases_status(a, j);
    if (a->drive != NULL) {
        json_object_set_new(j, "port", json_integer(a->sync_port));
        json_object_set_new(j, "web_port", json_integer(a->web_port));
        json_object_set_new(j, "certificate", json_string(a->certificate));
        json_object_set_new(j, "certificate_until", hub_json_time(a->certificate_until_ms));
        json_object_set_new(j, "connections",
                            json_integer(hub_engine_conns(hub_drive_engine(a->drive))));
        json_object_set_new(j, "connections_refused",
                            json_integer((json_int_t)hub_drive_refused(a->drive)));
    }
    return j;
}
