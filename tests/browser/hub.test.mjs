// The hub's page and the province's page in a real browser. Controls are found by the Vietnamese text
// that stands on the screen, never by an id or a class.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, day, errors, eyes, look as lookAt, newWindow, picture, test, sent } from "./steps.mjs";
import { cleanUp, folder, kill, launch, runHub, tool, until, workbook } from "./world.mjs";
import { codeOf, startDistrict } from "./hubworld.mjs";
import { makeDuties } from "./duties.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const OFFICERS = ["Nguyễn Thị An", "Trần Bình"];
const HOSTILE = "<img src=x onerror=document.title='hỏng'>";

let hub, browser, page;
const secrets = {};
const given = {};

const begun = Date.now();
const LONG = ["figures", "issue", "difference", "audit", "province", "sent-one", "conflicts"]; // the first screen tells enough

const look = (name, at = page) => lookAt(at, "hub", name, !LONG.includes(name));
const { field, button, link, heading, section } = eyes(() => page);
const newPage = (options) => newWindow(browser, { expected: /status of (401|403|404|409|422|429)/, ...options });

/** The first login of somebody, up to the inside; pictures only when asked for. */
async function firstLogin(name, once, pictures) {
  await page.goto(hub.url);
  await heading("Đăng nhập trung tâm").waitFor();
  if (pictures) await look("login");
  await field("Họ và tên").fill(name);
  await field("Mật khẩu").fill(once);
  await button("Đăng nhập").click();
  await heading("Đặt mật khẩu của riêng bạn").waitFor();
  await field("Mật khẩu một lần").fill(once);
  await field("Mật khẩu mới").fill(PASSWORD);
  await field("Nhập lại mật khẩu").fill(PASSWORD);
  if (pictures) await look("change");
  await button("Đặt mật khẩu").click();
  await page.getByRole("heading", { level: 1, name: /Gắn điện thoại|Tổng quan/ }).waitFor();
  if (await heading("Gắn điện thoại của bạn").count()) {
    const typed = await page.getByText("Không quét được? Gõ:").locator("..").textContent();
    secrets[name] = typed.match(/Gõ: ([A-Z2-7 ]+)/)[1];
    await page.getByRole("img", { name: "Mã QR của ứng dụng xác thực" }).waitFor();
    if (pictures) await look("enrol");
    await field("Mã 6 chữ số").fill(codeOf(secrets[name]));
    given[name] = Date.now();
    await button("Hoàn tất").click();
  }
  await heading("Tổng quan").waitFor();
}

async function logOut() {
  await button("Đăng xuất").click();
  await heading("Đăng nhập trung tâm").waitFor();
}

const duties = makeDuties({ get page() { return page; }, get hub() { return hub; }, look });

before(async () => {
  hub = await startDistrict();
  for (const period of ["2023-6M", "2023-9M"]) hub.close(period);
  hub.conflict("occupation", "thợ hồ", HOSTILE, 0);
  hub.conflict("occupation", "nông dân", "công nhân", 1);
  hub.conflict("other_names", "Ba", "Tư", 2);
  browser = await launch();
  page = await newPage();
});

after(async () => {
  await browser?.close();
  await cleanUp();
});

test("without script the pages say what to do", async () => {
  const plain = await newPage({ javaScriptEnabled: false });
  for (const at of ["", "tinh"]) {
    await plain.goto(hub.url + at);
    assert.match(await plain.textContent("body"), /Trang này cần JavaScript/);
  }
  await plain.context().close();
});

test("whoever sees a warning is told how to install the hub's own authority", async () => {
  await page.goto(`${hub.url}cai-dat`);
  await page.getByText(/^[0-9a-f]{64}$/).waitFor();
  const der = Buffer.from(fs.readFileSync(path.join(hub.data, "tls/ca.pem"), "utf8").replace(/-----[^-]+-----|\s/g, ""), "base64");
  const sum = crypto.createHash("sha256").update(der).digest("hex");
  assert.equal(await page.getByText(/^[0-9a-f]{64}$/).textContent(), sum);
  await look("install");
  const [download] = await Promise.all([page.waitForEvent("download"), link("Tải dongbo-ca.crt").click()]);
  await download.saveAs(path.join(folder, "ca.crt"));
  const answer = await new Promise((good, bad) => { // a program that trusts this file alone
    https.get(`${hub.url}api/session`, { ca: fs.readFileSync(path.join(folder, "ca.crt")) }, (r) => { r.resume(); good(r.statusCode); }).on("error", bad);
  });
  assert.equal(answer, 200);
});

test("a first login is led step by step", async () => {
  await firstLogin("Trần Thị Mai", hub.user("Trần Thị Mai", "admin"), true);
});

test("the admin adds people and sees no records of persons", async () => {
  assert.equal(await page.getByRole("link", { name: /^Xung đột/ }).count(), 0);
  await link("Người dùng").click();
  await heading("Người dùng").waitFor();
  for (const [name, role] of [["Lê Văn Thống", "Thống kê"], ["Phạm Thị Xem", "Xem"]]) {
    const users = section("Người dùng trang này");
    await users.getByLabel("Họ và tên").fill(name);
    await users.getByLabel("Vai trò").selectOption({ label: role });
    const added = sent(page, "/api/users");
    let go;
    const held = new Promise((f) => { go = f; });
    await page.route("**/api/users", async (r) => { if (r.request().method() === "POST") await held; await r.continue(); });
    await users.getByRole("button", { name: "Thêm người dùng" }).click();
    await until("asked for one", () => added() === 1);
    await users.getByRole("button", { name: "Thêm người dùng" }).click(); // impatient: the answer is under way
    go();
    await page.getByText(`Mật khẩu một lần của ${name}:`).waitFor();
    assert.equal(added(), 1);
    await page.unroute("**/api/users");
    given[name] = (await page.getByText(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/).textContent()).trim();
    if (role === "Thống kê") await look("people");
    await button("Đã đọc, ẩn đi").click();
  }
  await page.getByLabel("Tên của mã mới").fill("So-LDTBXH");
  await button("Tạo mã truy cập").click();
  await page.getByText("Mã truy cập của So-LDTBXH, chỉ hiện lần này:").waitFor();
  given.token = (await page.getByText(/^[\w-]{43}$/).textContent()).trim();
});

test("two officers get keys of their own, made in the browser", async () => {
  await link("Lệnh").click();
  await heading("Lệnh cần hai người").waitFor();
  for (const name of OFFICERS) {
    await field("Họ và tên").fill(name);
    await page.getByLabel("Mật khẩu của khóa", { exact: true }).fill(`khoa cua ${name}`);
    await field("Nhập lại mật khẩu của khóa").fill(`khoa cua ${name}`);
    const [download] = await Promise.all([page.waitForEvent("download"), button("Làm khóa và ghi nhận").click()]);
    given[`key ${name}`] = path.join(folder, `${name}.key`);
    await download.saveAs(given[`key ${name}`]);
    await page.getByText(`Đã ghi nhận ${name}.`).waitFor();
    await page.getByRole("rowheader", { name }).waitFor();
  }
  await field("Khóa gốc của trung tâm").waitFor(); // the third needs it
  await look("officers");
});

test("an invitation is a sheet to print", async () => {
  await link("Máy xã").click();
  await heading("Máy xã").waitFor();
  await look("nodes");
  await field("Đơn vị").selectOption({ label: "Xã Phú Lý" });
  await field("Địa chỉ trung tâm như xã nhìn thấy").fill("hub.vinhcuu.example:7350");
  const invited = sent(page, "/api/invite");
  await button("Làm giấy mời").dblclick();
  await page.getByRole("heading", { name: "Giấy mời: Xã Phú Lý" }).waitFor();
  await page.getByRole("img", { name: "Mã QR của lời mời" }).waitFor();
  await page.getByText(/^dongbo1:/).waitFor();
  await look("invitation");
  await page.emulateMedia({ media: "print" });
  await picture(page, "hub-invitation-print", { fullPage: true });
  await page.emulateMedia({ media: "screen" });
  await button("Xong").click();
  assert.equal(invited(), 1);
  await button("Cấp lại: Xã Phú Lý").click();
  await page.getByRole("heading", { name: "Giấy mời: Xã Phú Lý" }).waitFor();
  await button("Xong").click();
});

test("a PC whose disk was read is asked for new keys; a lost one is revoked with a reason", async () => {
  await button("Yêu cầu đổi khóa: Xã Tân Bình, Máy xã Tân Bình").click();
  await field("Vì sao Xã Tân Bình, Máy xã Tân Bình phải đổi khóa").fill("máy đem sửa ngoài");
  await button("Đúng, yêu cầu đổi khóa").click();
  await page.getByRole("row", { name: /Tân Bình/ }).filter({ hasText: "chờ máy đổi khóa: máy đem sửa ngoài" }).waitFor();
  await button("Thu hồi: Phường Trị An, Máy thị trấn Vĩnh An").click();
  await field("Vì sao thu hồi").fill("mất máy, công văn 3");
  await button("Đúng, thu hồi máy này").click();
  await page.getByRole("row", { name: /Vĩnh An/ }).filter({ hasText: "đã thu hồi" }).waitFor();
});

test("the catalogue is changed file by file: checked, looked at, published", async () => {
  await link("Trung tâm").click();
  await heading("Trung tâm").waitFor();
  const key = JSON.parse(tool("dongbo-hub", "keys", "--json", "--data", hub.data)).issue_key;
  assert.match(key, /^RW[\w+/]{54}$/); // what `minisign -P` takes
  await page.getByText(key, { exact: true }).waitFor();
  const choices = fs.readFileSync(path.join(ROOT, "catalogue/choices.csv"), "utf8");
  const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  const put = (text, ...more) => field("Tệp đã sửa").setInputFiles([csv("choices.csv", text), ...more]);
  const split = `${fs.readFileSync(path.join(ROOT, "catalogue/successors.csv"), "utf8")}${["26188", "26170"] // in two parts, for the last of these tests
    .map((to) => `2025-08-01,26188,${to},part,,kiểm thử\n`).join("")}`;
  await put(choices);
  await page.getByText("Các tệp giống hệt bản đang dùng.").waitFor();
  await put(choices.replace("drug_status,suspected,Nghi nghiện", "drug_status,suspected,"));
  await page.getByText("Danh mục có lỗi; danh mục đang dùng vẫn giữ nguyên.").waitFor();
  await page.getByText(/^choices.csv, dòng \d+/).first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Ban hành các thay đổi này" }).count(), 0);
  await put(choices.replace("drug_status,suspected,Nghi nghiện", "drug_status,suspected,Nghi nghiện ma túy"), csv("successors.csv", split));
  await page.getByText("3 thay đổi so với bản đang dùng.").waitFor();
  await page.getByRole("row", { name: /≠ choices\.csv:\d+ drug_status, suspected label_vi Nghi nghiện Nghi nghiện ma túy/ }).waitFor();
  assert.equal(await page.getByRole("row", { name: /\+ successors\.csv:\d+ 2025-08-01, 26188, / }).count(), 2);
  await button("Ban hành các thay đổi này").click();
  await look("catalogue");
  await button("Đúng, ban hành bản số 2").click();
  await page.getByText("Đã ban hành bản số 2.").waitFor();
});

test("the whole log is checked because a button was pressed, and the page says what came of it", async () => {
  await page.getByText("Chưa kiểm tra lần nào từ trang này.").waitFor();
  await button("Kiểm tra toàn bộ ngay").click();
  await page.getByText("Nhật ký nguyên vẹn: mọi gói thay đổi và mọi hồ sơ đều đúng.").waitFor(); // told by an event
  await page.getByText(/Kiểm tra xong: .* gói thay đổi, .* hồ sơ, hết .* giây\./).waitFor();
});

test("a backup goes to a stick while the page tells how far it is", async () => {
  const stick = path.join(folder, "stick");
  fs.mkdirSync(stick);
  await field("Thư mục trên máy trung tâm").fill(path.join(stick, "no/such/folder"));
  await button("Sao lưu ngay").click();
  await page.getByText("Không ghi được bản sao lưu vào nơi này").waitFor();
  await field("Thư mục trên máy trung tâm").fill(stick);
  await button("Sao lưu ngay").click();
  await page.getByText("Lần gần nhất:").waitFor(); // told by an event, nothing is loaded again
  assert.equal(fs.readdirSync(stick).filter((n) => n.endsWith(".db")).length, 1);
  await look("system");
  await logOut();
});

test("the statistician sees what needs a decision", async () => {
  await firstLogin("Lê Văn Thống", given["Lê Văn Thống"], false);
  await page.getByText("3 hồ sơ xung đột, cần bạn quyết định").waitFor();
  await page.getByRole("img", { name: /qua các kỳ/ }).waitFor();
  const row = (name, text) => page.getByRole("row", { name }).filter({ hasText: text }).first().waitFor(); // the PCs come after the frame
  const day = new Date(begun + 7 * 3600000).toISOString().slice(0, 10).split("-").reverse().join("/"); // in Vietnam
  await row(/Tân Triều/, new RegExp(`hôm nay|${day}`)); // midnight may have passed
  await row(/Phú Lý/, /chưa ghi danh/);
  await page.getByText("Bảng số liệu").first().click();
  await look("overview");
  await page.getByRole("heading", { name: /: từng xã qua các kỳ$/ }).waitFor();
  await field("Kỳ của biểu đồ theo xã").selectOption({ label: "6 tháng đầu năm 2023" });
  await page.getByRole("img", { name: /theo xã, 6 tháng đầu năm 2023/ }).waitFor();
  await page.getByRole("table", { name: /từng xã qua các kỳ$/ }).or(page.getByRole("region", { name: /từng xã qua các kỳ$/ })).getByRole("row", { name: /Thạnh Phú/ }).getByRole("link").last().click();
  await heading(/^Sau con số/).waitFor();
  await button("Quay lại").click();
  await heading("Tổng quan").waitFor();
});

test("a conflict shows every value and is decided in two clicks", async () => {
  await page.getByRole("link", { name: /^Xung đột/ }).click();
  await heading("Xung đột").waitFor();
  await page.getByRole("heading", { name: "Hồ sơ xung đột: 3" }).waitFor();
  await page.getByText(HOSTILE).first().waitFor();
  await look("conflicts");
  await button("Chọn: thợ hồ").click();
  await button("Ghi giá trị này: thợ hồ").click();
  await page.getByText("Đã ghi quyết định của bạn.").waitFor();
  await page.getByRole("heading", { name: "Hồ sơ xung đột: 2" }).waitFor();
  assert.notEqual(await page.title(), "hỏng");
});

test("several are decided together", async () => {
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await field("Đã đánh dấu 2 trường").selectOption({ label: "Giá trị ghi sau cùng" });
  await button("Quyết định tất cả").click();
  await button("Đúng, quyết định 2 trường").click();
  await page.getByText("Đã quyết định 2 trường.").waitFor();
  await page.getByText("Không có hồ sơ nào cần quyết định.").waitFor();
});

test("one person in two communes: preview, decision, undo", async () => {
  const before = await page.getByRole("button", { name: "Cùng một người" }).count();
  assert.ok(before > 0);
  await button("Cùng một người").first().click();
  await page.getByText("Hai hồ sơ vẫn giữ nguyên ở mỗi xã").waitFor();
  await field("Căn cứ").fill("cùng số định danh, đã gọi hỏi hai xã");
  await look("pair");
  await button("Đúng, là một người").click();
  await page.getByText("Đã ghi: hai hồ sơ là một người.").waitFor();
  await page.getByRole("heading", { name: `Có thể là một người: ${before - 1}` }).waitFor();
  await page.getByRole("heading", { name: "Đã quyết định về người trùng" }).waitFor();
  await button("Hoàn tác").first().click();
  await page.getByText("Đã hoàn tác.").waitFor();
  await page.getByRole("heading", { name: `Có thể là một người: ${before}` }).waitFor();
});

test("the district's own record by the same form: checked while typing, a draft survives, saved", async () => {
  await link("Hồ sơ").click();
  await heading("Hồ sơ").waitFor();
  await look("records");
  await link("Chỉ tiêu").click();
  await heading("Chỉ tiêu").waitFor();
  await link("Thêm hồ sơ").click();
  await heading("Thêm: Chỉ tiêu").waitFor();
  await field("Mã chỉ tiêu").fill("T01");
  await field("Năm").fill("1066");
  await field("So sánh").focus();
  await page.getByText("Năm không hợp lý").waitFor();
  await page.getByText("Đã giữ bản nháp").waitFor();
  await look("form");
  await page.reload();
  await link("Hồ sơ").click();
  await link("Chỉ tiêu: T01").click();
  await page.getByText("Đây là bản nháp đã giữ lại").waitFor();
  await field("Năm").fill("2023");
  await button("Ghi hồ sơ").click();
  await page.getByText(/Còn thiếu: .*So sánh/).waitFor();
  await field("Đơn vị được giao").fill("Thạnh Phú");
  await page.getByRole("option", { name: "Xã Thạnh Phú" }).first().waitFor();
  await page.keyboard.press("Enter");
  await field("So sánh").selectOption({ label: "Từ … trở lên (≥)" });
  await field("Giá trị").fill("12");
  await field("Tính cho").selectOption({ label: "Mỗi xã" });
  await field("Số, ngày kế hoạch giao chỉ tiêu").fill("15/KH-UBND");
  await button("Ghi hồ sơ").click();
  await page.getByText("Đã ghi ở trung tâm.").waitFor();
  await heading("T01").waitFor();
  await page.getByText("Chọn trường để khóa (đang khóa: 0)").click();
  await page.getByRole("checkbox", { name: /^Tính cho/ }).click();
  await page.getByText("Đã khóa: danh sách nhập không ghi đè trường này.").waitFor();
  await page.getByRole("definition").filter({ hasText: "Mỗi xã" }).getByText("🔒 đã khóa").waitFor();
  await button("Xem lịch sử").click();
  await page.getByRole("cell", { name: /Khóa: Tính cho/ }).waitFor();
});

test("the district's list is read out of a workbook: tried, what is there already left out, entered", async () => {
  const file = workbook("chi-tieu.xlsx", { sheets: { "Chỉ tiêu": [["indicator", "target_unit", "Năm", "op", "value", "per", "plan"],
    ["T01", 26188, 2023, "Từ … trở lên (≥)", 12, "Mỗi xã", "15/KH-UBND"], ["T02", 26188, 2030, "Từ … trở lên (≥)", 7, "Mỗi xã"], ["T03", 26188, 1066, "Từ … trở lên (≥)", 7, "Mỗi xã"],
    ["T01", 26188, 2023, "Từ … trở lên (≥)", 12, "Mỗi xã", "16/KH-UBND"]] } }); // another plan: no double, though a list does not show it
  await link("Hồ sơ").click();
  await link("Chỉ tiêu").click();
  await link("Nhập từ tệp").click();
  await heading("Nhập từ tệp: Chỉ tiêu").waitFor();
  await field("Tệp Excel (.xlsx), CSV hoặc NDJSON").setInputFiles(file);
  await page.getByText("chi-tieu.xlsx: 4 dòng, sẵn sàng nhập.").waitFor();
  await button("Kiểm tra trước").click();
  await page.getByText("Chưa nhập gì. Nếu nhập: 3 mới, 0 sửa, 0 không đổi, 1 dòng sai.").waitFor();
  await button("Nhập").click();
  await page.getByText("1 dòng giống hồ sơ đã có hoặc giống dòng khác. Chưa nhập gì.").waitFor();
  await look("import");
  await button("Bỏ các dòng này, nhập phần còn lại").click();
  await page.getByText("Nhập xong: 2 mới, 0 sửa, 0 không đổi, 1 dòng sai.").waitFor();
  await page.getByRole("cell", { name: "Năm không hợp lý" }).waitFor();
});

test("a list that names addicts shows initials until one is asked for", async () => {
  await link("Hồ sơ").click();
  await link("Hồ sơ quản lý người nghiện, người sử dụng ma túy").click();
  await page.getByText("Danh sách nhạy cảm").waitFor();
  await look("masked");
  const row = page.getByRole("row").nth(1);
  const hidden = await row.getByRole("link").textContent();
  assert.match(hidden, /^(\S\. )*\S\.$/);
  await row.getByRole("button", { name: /^Hiện/ }).click();
  await until("the name", async () => (await row.getByRole("link").textContent()) !== hidden);
});

test("figures, closing, files", async () => {
  await link("Báo cáo").click();
  await heading("Báo cáo").waitFor();
  await field("Báo cáo").selectOption({ label: "RP01: Báo cáo tháng, hoạt động Đội công tác xã hội tình nguyện" });
  const [year, month] = day(0).split("-");
  assert.equal(await field("Kỳ").locator("option:checked").textContent(), `tháng ${month}/${year}`); // not one that has not begun
  await field("Báo cáo").selectOption({ label: "RP04: Báo cáo tổng hợp hoạt động các Đội công tác xã hội tình nguyện" });
  await field("Năm").selectOption({ label: "2023" });
  await field("Kỳ").selectOption({ label: "năm 2023" });
  await look("reports");
  await button("Xem số liệu").click();
  await page.getByText("Số liệu tạm tính").waitFor();
  await look("figures");
  await button("Số Đội công tác xã hội tình nguyện, Xã Thạnh Phú: 1").click(); // of an open period too
  await heading("Sau con số 1").waitFor();
  await button("Quay lại").click();
  await page.getByText("Số liệu tạm tính").waitFor();
  const closed = sent(page, "/api/close");
  await button("Chốt kỳ này").dblclick(); // as people open things on a desktop: asked, and nothing more
  await button("Đúng, chốt số liệu").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Thôi");
  await button("Thôi").click();
  await button("Chốt kỳ này").click();
  await button("Đúng, chốt số liệu").waitFor();
  assert.equal(closed(), 0);
  for (const hurt of [true, false]) { // what a report says is in the way: no reason passes over who must be protected
    const names = [{ unit: "26170", name: "Xã Thạnh Phú", report: "RP01", period: "2023-06", fields: ["narrative", "note"], protected: hurt }];
    await page.route("**/api/close", (r) => r.fulfill({ status: 403, json: { error: "denied", vi: "Chưa chốt", en: "Not closed", names } }), { times: 1 });
    await button("Đúng, chốt số liệu").click();
    await page.getByText("họ tên hoặc số giấy tờ của người có hồ sơ").waitFor();
    await page.getByText("RP01 tháng 06/2023, Xã Thạnh Phú: Kết quả thực hiện; Ghi chú").waitFor();
    assert.equal(await page.getByLabel("Vì sao được nêu tên").count(), hurt ? 0 : 1);
    if (hurt) {
      await button("Đóng").click();
      await button("Chốt kỳ này").click();
    }
  }
  assert.ok(await button("Chốt với lý do này").isDisabled());
  await field("Vì sao được nêu tên").fill("trùng tên");
  const [asked] = await Promise.all([page.waitForRequest("**/api/close"), button("Chốt với lý do này").press("Enter")]); // no second press of the first button
  assert.equal(asked.postDataJSON().names_seen, "trùng tên");
  await heading("RP04, năm 2023, lần 1").waitFor();
  await page.getByText("Mỗi tệp có chữ ký riêng").waitFor();
  await button("Dựng lại từ nhật ký và so").click();
  await page.getByText("Khớp: số liệu dựng lại từ nhật ký giống hệt bản đã ký.").waitFor();
  await look("issue");
  for (const name of ["Excel", "Chữ ký: Excel"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), link(name).click()]);
    const file = path.join(folder, download.suggestedFilename());
    await download.saveAs(file);
    given[name] = file;
  }
  assert.match(given.Excel, /BC_RP04_2023_735_1\.xlsx$/);
  assert.equal(fs.readFileSync(given.Excel).subarray(0, 2).toString(), "PK");
});

test("behind a figure stand its records and saves", async () => {
  await button("Số Đội công tác xã hội tình nguyện, Xã Thạnh Phú: 1").click();
  await heading("Sau con số 1").waitFor();
  await page.getByRole("heading", { name: "Hồ sơ được tính: 1" }).waitFor();
  await page.getByRole("cell", { name: "cộng thêm 1", exact: true }).waitFor();
  await page.locator("summary", { hasText: "Phường Tân Triều" }).first().click();
  await page.getByText(/^Nhật ký [0-9a-f]{16}, lần ghi số \d+ của máy$/).first().waitFor();
  await look("explain");
  await page.getByRole("link", { name: /^Đội/ }).first().click();
  await page.getByText("Lần xem này đã được ghi vào nhật ký.").waitFor();
  await look("record");
  await button("Quay lại").click();
  await heading("Sau con số 1").waitFor();
  await button("Quay lại").click();
});

test("what comes late becomes a supplement that says where it differs", async () => {
  await heading("RP04, năm 2023, lần 1").waitFor();
  await button("Xem thay đổi từ khi chốt").click();
  await page.getByText("Không có số liệu nào khác.").waitFor();
  hub.late();
  await button("Xem thay đổi từ khi chốt").click();
  await page.getByText("thêm 1 hồ sơ").first().waitFor();
  await look("difference");
  await picture(section("Khác nhau"), "hub-difference");
  await button("Ban hành bản bổ sung").click();
  await button("Đúng, ban hành").click();
  await heading("RP04, năm 2023, lần 2").waitFor();
  await button("So hai bản").click();
  await page.getByText("thêm 1 hồ sơ").first().waitFor();
  await page.getByText("thêm 1 hồ sơ").first().click();
  await page.getByRole("link", { name: /^Hồ sơ [0-9a-f]{8}$/ }).first().waitFor();
  await field("So với bản").selectOption({ label: "RP04, 9 tháng đầu năm 2023, lần 1" });
  await button("So hai bản").click();
  await page.getByText("khác khoảng ngày").first().waitFor();
});

/** Sign what is open on the page with the key of an officer. */
async function signAs(name) {
  const form = page.locator("form").filter({ has: page.getByRole("button", { name: "Ký bằng khóa của tôi" }) });
  await form.getByLabel("Tệp khóa của bạn").setInputFiles(given[`key ${name}`]);
  await form.getByLabel("Mật khẩu của khóa").fill(`khoa cua ${name}`);
  await form.getByRole("button", { name: "Ký bằng khóa của tôi" }).click();
}

test("erasure needs two officers; the same one twice is refused", async () => {
  await link("Hồ sơ").click();
  await link("Người").click();
  await page.getByRole("row").nth(1).getByRole("link").click();
  await page.getByText("Lần xem này đã được ghi vào nhật ký.").waitFor();
  const id = await page.locator("code").textContent();
  await link("Đề nghị xóa hồ sơ này (cần hai người ký)").click();
  await heading("Lệnh cần hai người").waitFor();
  assert.equal(await field("Mã hồ sơ cần xóa").inputValue(), id);
  await field("Căn cứ").fill("Đơn số 12 ngày 03/02/2026");
  await button("Soạn lệnh").click();
  await page.getByText("Đây là điều bạn sắp ký.").waitFor();
  await signAs(OFFICERS[0]);
  await page.getByText("Đã ký. Lệnh chờ người thứ hai.").waitFor();
  await button("Tôi là người thứ hai: xem và ký").click();
  await look("order");
  await signAs(OFFICERS[0]);
  await page.getByText("chính người này đã ký rồi").waitFor();
  await signAs(OFFICERS[1]);
  await page.getByRole("heading", { name: "Lệnh đã thi hành" }).waitFor();
  await page.getByText("đã thi hành").first().waitFor();
  await page.goto(`${hub.url}#/record/${id}`);
  await page.getByText("Không có hồ sơ này ở trung tâm.").waitFor();
});

test("a key made in the browser opens on the command line too, and reopens a period with the page", async () => {
  const word = path.join(folder, "passphrase");
  fs.writeFileSync(word, `khoa cua ${OFFICERS[0]}\n`);
  tool("dongbo-hub", "reopen", "--data", hub.data, "--report", "RP04", "--period", "2023-6M", "--reason", "Công văn 7",
    "--key", given[`key ${OFFICERS[0]}`], "--passphrase", word);
  await link("Lệnh").click();
  await page.getByRole("heading", { name: "Lệnh chờ người thứ hai: 1" }).waitFor();
  await page.getByText("Công văn 7").waitFor();
  await button("Rút lệnh").click();
  await page.getByRole("heading", { name: "Lệnh chờ người thứ hai: 0" }).waitFor();
});

test("who has sent which report", async () => {
  await link("Nộp báo cáo").click();
  await heading("Xã nộp báo cáo").waitFor();
  await page.getByText("Không có báo cáo nào phải nộp trong thời gian này.").waitFor(); // the district ended in 2025
  await field("Báo cáo").selectOption({ label: "RP01: Báo cáo tháng, hoạt động Đội công tác xã hội tình nguyện" });
  await field("Năm").selectOption({ label: "2023" });
  await field("Kỳ").selectOption({ label: "tháng 06/2023" });
  await page.getByRole("link", { name: /Xã Thạnh Phú, RP01/ }).waitFor();
  await look("sent");
  await page.getByRole("link", { name: /Xã Thạnh Phú, RP01/ }).click();
  await heading("RP01, tháng 06/2023, Xã Thạnh Phú").waitFor();
  await page.getByRole("heading", { name: "Số liệu đã nộp và số liệu ở trung tâm" }).waitFor();
  await look("sent-one");
  await page.getByRole("row", { name: /^1\. / }).getByRole("link").click(); // what the hub counts for the commune
  await heading(/^Sau con số/).waitFor();
  await button("Quay lại").click();
  await heading("RP01, tháng 06/2023, Xã Thạnh Phú").waitFor();
  const other = "b".repeat(32);
  await page.route("**/api/report/show*", async (r) => {
    const now = await (await r.fetch()).json();
    await r.fulfill({ json: { ...now, row: { ...now.row, unconfirmed: true, conflict: true, other }, names: { count: 1, records: [], fields: ["proposals"] } } });
  });
  await page.reload();
  await page.getByText("chưa ai xác nhận, có hai bản").waitFor();
  await page.getByText("Nó tính là nháp cho đến khi lãnh đạo xã xác nhận.").waitFor();
  await page.getByText("của 1 người có hồ sơ nhạy cảm, ở: Đề xuất.").waitFor();
  assert.equal(await link("Xem bản không tính").getAttribute("href"), `#/record/${other}`);
  await page.unroute("**/api/report/show*");
});

test("who owes what, and a correction that a commune will answer", async () => {
  await link("Nộp báo cáo").click();
  await link("Ai còn nợ gì").click();
  await heading("Ai còn nợ gì").waitFor();
  const form = section("Đính chính một số liệu của xã");
  await form.getByLabel("Báo cáo").selectOption({ label: "RP01: Báo cáo tháng, hoạt động Đội công tác xã hội tình nguyện" });
  await form.getByLabel("Đơn vị").selectOption({ label: "Phường Tân Triều" });
  await form.getByLabel("Năm").selectOption({ label: "2023" });
  await form.getByLabel("Kỳ").selectOption({ label: "tháng 06/2023" });
  await form.getByLabel("Chỉ tiêu").selectOption({ index: 1 });
  const line = (await form.getByLabel("Chỉ tiêu").locator("option").nth(1).textContent()).replace(/^\d+\. /, "");
  await form.getByLabel("Số của xã").fill("999");
  await form.getByLabel("Số đúng").fill("2");
  await form.getByLabel("Lý do").fill("đếm thiếu một đội");
  await form.getByRole("button", { name: "Gửi đính chính" }).click();
  const said = await page.getByText(/Theo hồ sơ của xã, số này hiện là \d+, không phải 999/).textContent();
  await form.getByLabel("Số của xã").fill(said.match(/hiện là (\d+)/)[1]);
  await form.getByRole("button", { name: "Gửi đính chính" }).click();
  await page.getByRole("row", { name: /đếm thiếu một đội/ }).filter({ hasText: "chờ xã trả lời" }).filter({ hasText: line }).waitFor();
  await duties.triggers();
  await look("owes");
});

test("a record moves between communes, and what its old commune wrote meanwhile is decided", async () => {
  given.moved = await duties.moves();
});

test("what a revoked PC still sends is kept apart and looked at", () => duties.apart());

test("the law's registers with their clocks", () => duties.registers());

test("everything held about one person, and a file beside a record", () => duties.aboutOnePerson(given.moved));

test("what happened to a record", () => duties.history(given.moved));

test("a settlement is returned and approved, a score sheet is appraised and published", async () => {
  await duties.money();
  await duties.scores();
});

test("a commune's proof is taken and checked there", () => duties.proof());

test("two officers open a closed period again", () => duties.reopened(signAs, OFFICERS));

test("the phone in the dark, English, and the keyboard's way in", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await link("Tổng quan").click();
  await page.getByRole("img", { name: /qua các kỳ/ }).waitFor();
  const [name, out] = [await link("Đồng Bộ").boundingBox(), await button("Đăng xuất").boundingBox()];
  assert.ok(out.y < name.y + name.height, "the way out stands in the first row");
  await look("phone-dark");
  await button("English").click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await look("phone-english");
  await button("Tiếng Việt").click();
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.emulateMedia({ colorScheme: "light" });
});

test("an officer is named by two to read sealed fields", () => duties.readers(signAs, OFFICERS, given));

test("units that merged: their records and PCs go on in the new one", async () => {
  await duties.mergers();
  await logOut();
});

test("a viewer sees figures and nothing of persons", async () => {
  await firstLogin("Phạm Thị Xem", given["Phạm Thị Xem"], false);
  assert.equal(await page.getByRole("link", { name: /^Xung đột/ }).count(), 0);
  assert.equal(await page.getByRole("link", { name: "Người dùng" }).count(), 0);
  await link("Báo cáo").click();
  await page.getByRole("link", { name: /RP04/ }).first().click();
  await page.getByText("Mỗi tệp có chữ ký riêng").waitFor();
  await page.goto(`${hub.url}#/conflicts`);
  await heading("Không có trang này").waitFor();
  await logOut();
});

test("the code is asked for, a used one is refused", async () => {
  await field("Họ và tên").fill("tran thi mai");
  await field("Mật khẩu").fill(PASSWORD);
  await button("Đăng nhập").click();
  await heading("Mã xác thực").waitFor();
  await look("code");
  await field("Mã 6 chữ số").fill(codeOf(secrets["Trần Thị Mai"], given["Trần Thị Mai"]));
  await button("Đăng nhập").click();
  await page.getByText("Mã không đúng hoặc đã dùng").waitFor();
  await field("Mã 6 chữ số").fill(codeOf(secrets["Trần Thị Mai"], Date.now() + 30000)); // a phone a little ahead
  await button("Đăng nhập").click();
  await heading("Tổng quan").waitFor();
  await link("Người dùng").click();
  await page.getByRole("cell", { name: "Chốt kỳ" }).first().waitFor();
  await page.getByRole("cell", { name: /report=RP04 period=2023/ }).first().waitFor();
  await page.getByRole("cell", { name: "Quyết định xung đột" }).first().waitFor();
  await look("audit");
  await duties.apartDecided();
  await duties.watched();
  await logOut();
});

test("the province comes in with its token and verifies a file", async () => {
  await link("Cấp tỉnh: xem báo cáo bằng mã truy cập").click();
  await heading("Báo cáo cho cấp tỉnh").waitFor();
  await field("Mã truy cập").fill("sai");
  await button("Vào xem").click();
  await page.getByText("Mã truy cập không đúng hoặc đã bị thu hồi.").waitFor();
  await look("province-login");
  await field("Mã truy cập").fill(given.token);
  await button("Vào xem").click();
  await heading("Báo cáo của Huyện Vĩnh Cửu").waitFor();
  await button("Xem: RP04, năm 2023, lần 2").click();
  await page.getByRole("table").filter({ hasText: "Toàn đơn vị" }).waitFor();
  await look("province");
  const [paper] = await Promise.all([page.waitForEvent("download"), link("PDF").click()]);
  assert.equal(fs.readFileSync(await paper.path()).subarray(0, 5).toString(), "%PDF-");
  await field("Thả tệp báo cáo vào đây").setInputFiles(given.Excel);
  await page.getByText("đúng là tệp trung tâm đã ký, không bị sửa.").waitFor();
  await page.getByText("Chữ ký được kiểm tra ngay trong trình duyệt của bạn.").waitFor();
  const changed = fs.readFileSync(given.Excel);
  changed[changed.length - 30] ^= 1;
  await field("Thả tệp báo cáo vào đây").setInputFiles({ name: path.basename(given.Excel), mimeType: "application/zip", buffer: changed });
  await page.getByText("KHÔNG đúng. Tệp đã bị sửa").waitFor();
  await picture(section("Kiểm tra một tệp"), "hub-verify-bad");
  const key = (await (await page.request.get(`${hub.url}api/v1/pubkey`)).text()).trim().split("\n").pop();
  await field("Khóa in trên công văn").fill(key);
  await field("Thả tệp báo cáo vào đây").setInputFiles([given.Excel, given["Chữ ký: Excel"]]);
  await page.getByText("đúng là tệp trung tâm đã ký, không bị sửa.").waitFor();
  await field("Khóa in trên công văn").fill(key.slice(0, 20) + (key[20] === "A" ? "B" : "A") + key.slice(21));
  await field("Thả tệp báo cáo vào đây").setInputFiles([given.Excel, given["Chữ ký: Excel"]]);
  await page.getByText("KHÔNG đúng. Tệp đã bị sửa").waitFor();
  const minisign = spawnSync("minisign", ["-V", "-P", key, "-m", given.Excel, "-x", given["Chữ ký: Excel"]], { encoding: "utf8" });
  assert.ifError(minisign.error); // it must be installed
  assert.equal(minisign.status, 0, minisign.stderr);
  for (const at of ["api/conflicts", "api/users", "api/report?report=RP04&period=2023"]) {
    assert.equal((await page.request.get(hub.url + at)).status(), 403, at);
  }
});

test("what the province took stands at the issue", async () => {
  const provincePage = page;
  page = await newPage();
  await page.goto(hub.url);
  await heading("Đăng nhập trung tâm").waitFor();
  await field("Họ và tên").fill("Phạm Thị Xem");
  await field("Mật khẩu").fill(PASSWORD);
  await button("Đăng nhập").click();
  await heading("Tổng quan").waitFor();
  await duties.taken();
  await look("taken");
  await picture(section("Ai đã lấy tệp nào"), "hub-taken");
  await page.context().close();
  page = provincePage;
});

test("a revoked token ends the visit; nothing complained", async () => {
  tool("dongbo-hub", "token", "revoke", "So-LDTBXH", "--data", hub.data);
  await page.reload();
  await heading("Báo cáo cho cấp tỉnh").waitFor();
  assert.deepEqual(errors, []);
});

test("after a restore two officers confirm it, and erasing waits for them", async () => {
  const copy = path.join(folder, "copy.db");
  const waits = () => JSON.parse(tool("dongbo-hub", "alarms", "--json", "--data", hub.data)).confirm_wanted;
  await page.context().close();
  tool("dongbo-hub", "backup", copy, "--data", hub.data);
  await kill(hub.process);
  tool("dongbo-hub", "restore", copy, "--data", hub.data);
  const again = await runHub(hub.data);
  Object.assign(hub, { process: again.process, url: `https://127.0.0.1:${again.ports.web}/` });
  page = await newPage();
  await page.goto(hub.url);
  await heading("Đăng nhập trung tâm").waitFor();
  await field("Họ và tên").fill("Lê Văn Thống");
  await field("Mật khẩu").fill(PASSWORD);
  await button("Đăng nhập").click();
  await heading("Mã xác thực").waitFor();
  await field("Mã 6 chữ số").fill(codeOf(secrets["Lê Văn Thống"], Date.now() + 30000)); // later than the one of before
  await button("Đăng nhập").click();
  await heading("Tổng quan").waitFor();
  await link("Xác nhận các xã đã gửi lại (cần hai người ký)").click();
  await heading("Lệnh cần hai người").waitFor();
  const form = section("Xác nhận sau khôi phục");
  await form.getByLabel("Căn cứ").fill("Biên bản 9");
  const erasing = page.getByRole("heading", { level: 2, name: "Xóa theo yêu cầu" });
  assert.equal(await erasing.count(), 0);
  await form.getByRole("button", { name: "Soạn lệnh" }).click();
  await form.getByText(/^0 trên \d+$/).nth(1).waitFor(); // nobody called, nobody has given all back
  await form.getByText("Máy xã Thạnh Phú").first().waitFor(); // not back yet
  await signAs(OFFICERS[0]);
  await page.getByText("Đã ký. Lệnh chờ người thứ hai.").waitFor();
  const order = page.locator("section.card").filter({ hasText: "Biên bản 9" });
  await order.getByRole("button", { name: "Tôi là người thứ hai: xem và ký" }).click();
  await look("confirm");
  await signAs(OFFICERS[0]);
  await page.getByText("chính người này đã ký rồi").waitFor();
  assert.equal(waits(), true);
  await signAs(OFFICERS[1]);
  await order.getByText("✓ đã thi hành").waitFor();
  await erasing.waitFor();
  assert.equal(waits(), false);
  assert.deepEqual(errors, []);
});
