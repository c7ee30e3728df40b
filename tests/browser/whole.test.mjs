// The whole way of a figure: a commune joins, ten records, a power cut, a conflict, the period's report up to the
// district, its signed file up to the province. Everything in the browser, controls by their Vietnamese text.
// Two things happen where no page stands: the hub's first user is added at the hub's PC, and a colleague there
// writes a record with the command (see conflict).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, errors, eyes, look as lookAt, newWindow, picture, test } from "./steps.mjs";
import { cleanUp, folder, kept, kill, launch, makeNode, startHub, startNode, tool, until } from "./world.mjs";
import { codeOf } from "./hubworld.mjs";

const OFFICER = "Nguyễn Thị Lan";
const LEADER = "Hồ Văn Lãnh";
const ADMIN = "Trần Thị Mai";
const STATISTICIAN = "Lê Văn Thống";
const COMMUNE = "Xã Thạnh Phú"; // in the reports of 2023,
const NOW = "Phường Tân Triều"; // and today
const TEAM = "Đội công tác xã hội tình nguyện xã Thạnh Phú";
const PEOPLE = [["Đặng Thị Hồng", "Nữ", "12/05/1982", "Đội trưởng"], ["Đỗ Văn Đức", "Nam", "1979", "Đội phó"],
  ["Trần Quốc Toản", "Nam", "03/02/1990", "Thành viên"], ["Lê Thị Mỹ Duyên", "Nữ", "1988", "Thành viên"]];
const MEETING = "Họp giao ban Đội tháng 6";
const REPORT = "Báo cáo năm, hoạt động Đội công tác xã hội tình nguyện";

let hub, data, node, browser, office, desk;
const secrets = {};
const once = {};
const file = {};

async function newScreen() {
  const at = eyes(await newWindow(browser));
  const bar = () => at.page.getByRole("region", { name: "Tình trạng dữ liệu" }).textContent();
  return Object.assign(at, { waiting: async () => Number((await bar()).match(/Đang chờ\s*(\d+)/)[1]) });
}
const look = (name, at, whole) => lookAt(at.page, "whole", name, whole);

// ---- the district's page ----

async function enterOffice(name, password) {
  await office.heading("Đăng nhập trung tâm").waitFor();
  await office.field("Họ và tên").fill(name);
  await office.field("Mật khẩu").fill(password);
  await office.button("Đăng nhập").click();
  await office.heading("Đặt mật khẩu của riêng bạn").waitFor();
  await office.field("Mật khẩu một lần").fill(password);
  await office.field("Mật khẩu mới").fill(PASSWORD);
  await office.field("Nhập lại mật khẩu").fill(PASSWORD);
  await office.button("Đặt mật khẩu").click();
  await addTelephone(name);
}

async function addTelephone(name) {
  await office.heading("Gắn điện thoại của bạn").waitFor();
  const typed = await office.text("Không quét được? Gõ:").locator("..").textContent();
  secrets[name] = typed.match(/Gõ: ([A-Z2-7 ]+)/)[1];
  await office.field("Mã 6 chữ số").fill(codeOf(secrets[name]));
  await office.button("Hoàn tất").click();
  await office.heading("Tổng quan").waitFor();
}

/** The commune's report, as the statistician comes to it. */
async function openSent() {
  await office.link("Nộp báo cáo").click();
  await office.heading("Xã nộp báo cáo").waitFor();
  await office.field("Báo cáo").selectOption({ label: `RP03: ${REPORT}` });
  await office.field("Năm").selectOption({ label: "2023" });
  await office.page.getByRole("link", { name: new RegExp(`${COMMUNE}, RP03`) }).click();
  await office.heading(`RP03, năm 2023, ${COMMUNE}`).waitFor();
}

// ---- the commune's page ----

async function enterDesk(name) {
  await desk.heading("Đăng nhập").waitFor();
  await desk.field("Họ và tên").fill(name);
  await desk.field("Mật khẩu").fill(PASSWORD);
  await desk.button("Đăng nhập").click();
  await desk.button("Đăng xuất").waitFor();
}

async function leaveDesk() {
  await desk.button("Đăng xuất").click();
  await desk.heading("Đăng nhập").waitFor();
}

async function newRecord(type) {
  await desk.link("Trang đầu").click();
  await desk.field("Tìm loại hồ sơ").fill(type);
  await desk.link(type).click();
  await desk.link("Thêm hồ sơ").click();
  await desk.heading(`Thêm: ${type}`).waitFor();
}

async function pick(label, name) {
  await desk.field(label).fill(name);
  await desk.page.getByRole("option", { name, exact: true }).waitFor();
  await desk.page.keyboard.press("Enter");
}

async function save() {
  await desk.button("Ghi hồ sơ").click();
  await desk.text("Đã ghi trên máy này.").waitFor();
}

async function syncNow() {
  await desk.button("Đồng bộ ngay").click();
  await desk.text(/Trung tâm đã biên nhận \d+ lần ghi/).waitFor();
  await until("nothing to wait", async () => (await desk.waiting()) === 0);
}

/** The PC is started anew, with a line to the district or without one. */
async function restartDesk(line, signal) {
  await kill(node.process, signal);
  fs.writeFileSync(path.join(data, "dongbo.conf"), `[desk]\nlisten = 127.0.0.1:0\n[hub]\naddress = ${line ? hub.address : "127.0.0.1:9"}\n`);
  node = await startNode(data);
  await desk.page.goto(node.url);
  await enterDesk(OFFICER);
}

async function download(at, act) {
  const [got] = await Promise.all([at.page.waitForEvent("download"), act()]);
  const to = path.join(folder, got.suggestedFilename());
  await got.saveAs(to);
  return to;
}

async function openReport() {
  await desk.link("Báo cáo").first().click();
  await desk.heading("Báo cáo").waitFor();
  await desk.field("Kỳ báo cáo của năm").selectOption({ label: "2023" });
  await desk.link(REPORT).click();
  await desk.heading(REPORT).waitFor();
  await desk.text("năm 2023").first().waitFor();
}

async function submit() {
  await desk.button("Gửi báo cáo").click();
  await desk.button("Đúng, gửi báo cáo này").click();
  await desk.text("Đã ký báo cáo trên máy này").waitFor();
}

before(async () => {
  hub = await startHub();
  const ports = JSON.parse(fs.readFileSync(path.join(hub.data, "run/ports.json"), "utf8"));
  hub.url = `https://127.0.0.1:${ports.web}/`;
  hub.address = `127.0.0.1:${ports.sync ?? ports.port ?? ports.node}`;
  data = makeNode("node");
  node = await startNode(data);
  browser = await launch();
  [office, desk] = [await newScreen(), await newScreen()];
});

after(async () => {
  await browser?.close();
  await cleanUp();
});

test("the district invites: a user, a token for the province, a sheet for the commune", async () => {
  await office.page.goto(hub.url);
  await office.heading("Người quản trị đầu tiên").waitFor();
  await look("00-first-admin", office);
  await office.field("Mã một lần").fill(tool("dongbo-hub", "first-code", "--data", hub.data).trim());
  await office.field("Họ và tên").fill(ADMIN);
  await office.field("Mật khẩu mới").fill(PASSWORD);
  await office.field("Nhập lại mật khẩu").fill(PASSWORD);
  await office.button("Tạo tài khoản quản trị").click();
  await addTelephone(ADMIN);
  await office.link("Người dùng").click();
  await office.heading("Người dùng").waitFor();
  await office.field("Họ và tên").fill(STATISTICIAN);
  await office.field("Vai trò").selectOption({ label: "Thống kê" });
  await office.button("Thêm người dùng").click();
  await office.text(`Mật khẩu một lần của ${STATISTICIAN}:`).waitFor();
  once[STATISTICIAN] = (await office.text(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/).textContent()).trim();
  await office.button("Đã đọc, ẩn đi").click();
  await office.field("Tên của mã mới").fill("So-LDTBXH");
  await office.button("Tạo mã truy cập").click();
  await office.text("Mã truy cập của So-LDTBXH, chỉ hiện lần này:").waitFor();
  once.token = (await office.text(/^[\w-]{43}$/).textContent()).trim();
  await office.link("Máy xã").click();
  await office.heading("Máy xã").waitFor();
  await office.field("Đơn vị").selectOption({ label: NOW });
  await office.field("Địa chỉ trung tâm như xã nhìn thấy").fill(hub.address);
  await office.button("Làm giấy mời").click();
  await office.page.getByRole("heading", { name: `Giấy mời: ${NOW}` }).waitFor();
  once.invitation = (await office.text(/^dongbo1:/).textContent()).trim();
  await look("01-invitation", office);
  await office.button("Xong").click();
});

test("the commune joins; both sides read the same six words", async () => {
  await desk.page.goto(`${node.url}#first=${node.code()}`); // as `dongbo-node open` shows it
  await desk.heading("Người dùng đầu tiên của máy này").waitFor();
  assert.equal(desk.page.url(), node.url);
  await desk.field("Họ và tên").fill(OFFICER);
  await desk.field("Mật khẩu").fill(PASSWORD);
  await desk.field("Nhập lại mật khẩu").fill(PASSWORD);
  await desk.button("Tạo và đăng nhập").click();
  await desk.heading("Ghi danh với trung tâm").waitFor();
  await desk.field("Lời mời").fill(once.invitation);
  await desk.button("Ghi danh").click();
  await desk.page.getByRole("heading", { name: "Sáu từ để so với trung tâm" }).waitFor();
  await look("02-words", desk);
  const words = (await desk.page.locator("section").filter({ hasText: "Sáu từ để so với trung tâm" }).locator("p").first().textContent()).trim();
  await office.link("Tổng quan").click(); // nobody can compare before the hub shows them as well
  await office.heading("Tổng quan").waitFor();
  await office.link("Máy xã").click();
  await office.page.getByRole("row", { name: new RegExp(NOW) }).filter({ hasText: words }).waitFor();
  await desk.page.reload(); // who looks away meanwhile is asked again
  await desk.page.getByRole("heading", { name: "Sáu từ để so với trung tâm" }).waitFor();
  await desk.button("Hai bên giống nhau, tiếp tục").click();
  await desk.heading("Trang đầu").waitFor();
});

test("the officer forgets the password; the district reads a code out over the telephone", async () => {
  await leaveDesk();
  await desk.button("Quên mật khẩu").click();
  await desk.field("Họ và tên").fill("nguyen thi lan");
  await desk.button("Lấy mã").click();
  const challenge = (await desk.text(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/).textContent()).trim();
  const form = office.section("Cán bộ xã quên mật khẩu");
  await form.getByLabel("Họ và tên người quên mật khẩu").fill(OFFICER);
  await form.getByLabel("Mã trên màn hình máy xã").fill("AAAA");
  await form.getByRole("button", { name: "Lấy mã trả lời" }).click();
  await form.getByText("mã có 8 chữ").waitFor();
  await form.getByLabel("Mã trên màn hình máy xã").fill(challenge);
  await form.getByRole("button", { name: "Lấy mã trả lời" }).click();
  const code = (await form.getByText(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/).textContent()).trim();
  await look("03-reset-code", office);
  await form.getByRole("button", { name: "Đã đọc, ẩn đi" }).click();
  await desk.field("Mã trả lời của trung tâm").fill(code);
  await desk.field("Mật khẩu mới").fill(PASSWORD);
  await desk.field("Nhập lại mật khẩu").fill(PASSWORD);
  await desk.button("Đặt mật khẩu mới và đăng nhập").click();
  await desk.heading("Trang đầu").waitFor();
  await office.button("Đăng xuất").click();
  await enterOffice(STATISTICIAN, once[STATISTICIAN]);
});

test("nine records are typed", async () => {
  await newRecord("Đội, tổ, nhóm");
  await desk.field("Tên đội, tổ, nhóm").fill(TEAM);
  await desk.field("Loại").selectOption({ label: "Đội công tác xã hội tình nguyện" });
  await desk.field("Ngày thành lập").fill("15/01/2020");
  await desk.page.locator("form").getByLabel("Tình trạng").first().selectOption({ label: "Hoạt động" });
  await desk.field("Có tình trạng này từ ngày").fill("15/01/2020");
  await desk.field("Số thành viên theo quyết định").fill("5");
  await save();
  for (const [name, sex, born] of PEOPLE) {
    await newRecord("Người");
    await desk.field("Họ, chữ đệm và tên khai sinh").fill(name);
    await desk.field("Giới tính").selectOption({ label: sex });
    await desk.field("Ngày sinh").fill(born);
    await save();
  }
  for (const [name, , , role] of PEOPLE) {
    await newRecord("Thành viên đội");
    await pick("Người", name);
    await pick("Đội, tổ, nhóm", TEAM);
    await desk.field("Vai trò").selectOption({ label: role });
    await desk.field("Ngày tham gia").fill("01/02/2020");
    await save();
  }
});

test("the power fails in the middle of the tenth, and the network with it; the draft is there", async () => {
  await newRecord("Hoạt động tuyên truyền, tập huấn, hội họp");
  await desk.field("Tên hoạt động").fill(MEETING);
  await kept(desk.page, '"4"', () => desk.field("Số lượt người tham dự").fill("4"));
  await desk.text("Đã giữ bản nháp").waitFor();
  await restartDesk(false, "SIGKILL");
  await desk.page.getByRole("heading", { name: "Bản nháp của bạn" }).waitFor();
  await look("04-after-the-cut", desk);
  await desk.page.getByRole("link", { name: new RegExp(MEETING) }).click();
  await desk.text("Đây là bản nháp đã giữ lại").waitFor();
  assert.equal(await desk.field("Tên hoạt động").inputValue(), MEETING);
  assert.equal(await desk.field("Số lượt người tham dự").inputValue(), "4");
  await look("04-draft", desk, false);
  await pick("Hình thức", "Họp giao ban");
  await desk.field("Lĩnh vực").selectOption({ label: "Công tác xã hội" });
  await desk.field("Ngày").fill("20/06/2023");
  await desk.button("Ghi hồ sơ").click();
  await desk.text("Ngày 20/06/2023 cách kỳ báo cáo").waitFor(); // it is long ago
  await desk.button("Đúng ngày này, ghi như vậy").click();
  await desk.text("Đã ghi trên máy này.").waitFor();
});

test("a stick carries what waits to the district and the receipt back, page to page", async () => {
  const record = new URL(desk.page.url()).hash;
  await desk.button("Đồng bộ ngay").click();
  await desk.text("Không kết nối được trung tâm").waitFor();
  await desk.link("Gửi bằng USB").click();
  await desk.heading("Gửi và nhận bằng USB").waitFor();
  const out = await download(desk, () => desk.button("Làm tệp để mang đi").click());
  await desk.text("Chỉ khi đó mới gọi là đã gửi").waitFor();
  assert.ok(await desk.waiting() > 0); // made is not delivered
  await office.link("Máy xã").click();
  await office.heading("Máy xã").waitFor();
  const back = await download(office, () => office.field("Tệp của xã").setInputFiles(out));
  await office.text(/Nhận mới [1-9]\d* lần ghi; 0 lần ghi đã có từ trước/).waitFor();
  await office.text(`Tệp trả lời ${path.basename(back)} nằm trong thư mục tải về`).waitFor();
  await look("05-stick-district", office);
  const again = await download(office, () => office.field("Tệp của xã").setInputFiles(out)); // twice is no harm
  await office.text("Tệp này đã nhận rồi").waitFor();
  assert.notEqual(path.basename(again), path.basename(back)); // however soon after one another
  assert.ok(fs.statSync(again).size > 0);
  const spoilt = path.join(folder, "hong.dongbo");
  fs.writeFileSync(spoilt, fs.readFileSync(out).subarray(0, 3000));
  await office.field("Tệp của xã").setInputFiles(spoilt);
  await office.text("chưa nhận gì").waitFor();
  await desk.field("Tệp của trung tâm").setInputFiles(back);
  await desk.text(/Biên nhận mới: [1-9]/).waitFor();
  await until("nothing to wait", async () => (await desk.waiting()) === 0);
  await look("05-stick-commune", desk);
  const made = await download(office, () => office.button("Làm tệp cho xã").click()); // when nothing was brought
  assert.ok(![back, again].some((x) => path.basename(x) === path.basename(made)));
  await desk.field("Tệp của trung tâm").setInputFiles(made);
  await desk.page.getByRole("main").getByText(path.basename(made)).waitFor();
  await restartDesk(true); // with a network again
  await desk.page.goto(new URL(record, node.url).href);
  await syncNow();
  const bar = await desk.page.getByRole("region", { name: "Tình trạng dữ liệu" }).textContent();
  const [, written, delivered] = bar.match(/Đã ghi\s*(\d+).*Đã gửi\s*(\d+)/);
  assert.equal(delivered, written);
  await desk.page.getByRole("row", { name: /Tạo hồ sơ/ }).filter({ hasText: "đã nhận" }).waitFor();
  await desk.link("Trang đầu").click();
  await desk.heading("Trang đầu").waitFor();
  await until("ten records", async () => /hồ sơ trên máy này\s*10/.test(await desk.page.getByRole("main").textContent()));
  await look("05-delivered", desk);
});

test("a conflict is seen on both sides and settled at the district's page", async () => {
  await desk.link("Trang đầu").click();
  await desk.field("Tìm loại hồ sơ").fill("Người");
  await desk.link("Người").click();
  await desk.link("Trần Quốc Toản").click();
  await desk.heading("Trần Quốc Toản").waitFor();
  await office.link("Hồ sơ").click(); // the district writes what the commune does not know yet
  await office.link("Người").click();
  await office.field("Tìm").fill("tran quoc toan");
  await office.text("1 hồ sơ").waitFor();
  await office.link("Trần Quốc Toản").click();
  await office.heading("Trần Quốc Toản").waitFor();
  await office.link("Sửa").click();
  await office.field("Nghề nghiệp").fill("thợ hồ");
  await office.button("Ghi hồ sơ").click();
  await office.text("Đã ghi ở trung tâm.").waitFor();
  await desk.link("Sửa").click();
  await desk.field("Nghề nghiệp").fill("nông dân");
  await save();
  await syncNow();
  await desk.page.getByRole("heading", { name: "Xung đột: Nghề nghiệp" }).waitFor();
  await look("06-conflict-commune", desk, false);
  await office.page.getByRole("link", { name: /^Xung đột/ }).click();
  await office.page.getByRole("heading", { name: "Hồ sơ xung đột: 1" }).waitFor();
  await look("07-conflict-district", office);
  await office.button("Chọn: nông dân").click();
  await office.button("Ghi giá trị này: nông dân").click();
  await office.text("Đã ghi quyết định của bạn.").waitFor();
  await office.text("Không có hồ sơ nào cần quyết định.").waitFor();
  await syncNow();
  await until("no conflict", async () => (await desk.text("Xung đột: Nghề nghiệp").count()) === 0);
  await desk.text("nông dân").first().waitFor();
});

test("the officer drafts the report of 2023, the leader confirms it", async () => {
  await desk.link("Thiết lập").click();
  await desk.field("Họ và tên người mới").fill(LEADER);
  await desk.field("Mật khẩu của người mới").fill(PASSWORD);
  await desk.page.locator("form").filter({ hasText: "Mật khẩu của người mới" }).getByLabel("Vai trò").selectOption({ label: "Lãnh đạo" });
  await desk.button("Thêm người dùng").click();
  await desk.page.getByRole("rowheader", { name: LEADER }).waitFor();
  await desk.link("Báo cáo").first().click();
  await desk.field("Kỳ báo cáo của năm").selectOption({ label: "2023" });
  await desk.link(REPORT).waitFor();
  await look("08-reports", desk, false);
  await openReport();
  await desk.button(/^Xem hồ sơ: Số Đội công tác xã hội tình nguyện/).first().waitFor();
  await desk.field("Kết quả thực hiện").fill("Đội họp giao ban đều, vận động 4 gia đình.");
  await desk.button("Ghi bản nháp").click();
  await desk.text("Đã ghi bản nháp báo cáo").waitFor();
  await desk.button("Gửi báo cáo").click();
  await desk.button("Đúng, gửi báo cáo này").click();
  await desk.text("khác với người soạn").waitFor(); // who drafts does not confirm
  await leaveDesk();
  await enterDesk(LEADER);
  await openReport();
  await submit();
  await look("09-submitted", desk);
  await syncNow();
});

test("the district returns it once with a reason; the commune mends and submits again", async () => {
  await openSent();
  await office.button("Trả lại").click();
  await office.field("Lý do trả lại").fill("Chưa nêu khó khăn.");
  await look("10-return", office, false);
  await office.button("Trả lại với lý do này").click();
  await office.text(/Quyết định gần nhất/).waitFor();
  await syncNow();
  await leaveDesk();
  await enterDesk(OFFICER);
  await openReport();
  await desk.text("Chưa nêu khó khăn.").waitFor();
  await look("11-returned", desk, false);
  await desk.field("Khó khăn, vướng mắc").fill("Thiếu kinh phí sinh hoạt.");
  await desk.button("Ghi bản nháp").click();
  await desk.text("Đã ghi bản nháp báo cáo").waitFor();
  await leaveDesk();
  await enterDesk(LEADER);
  await openReport();
  await desk.text("Thiếu kinh phí sinh hoạt.").waitFor();
  await submit();
  await syncNow();
});

test("the district accepts it and closes the year", async () => {
  await openSent();
  await office.text("Thiếu kinh phí sinh hoạt.").waitFor();
  await office.button("Tiếp nhận").click();
  await office.button("Đúng, tiếp nhận").click();
  await office.text(/đã tiếp nhận,/).waitFor();
  await look("12-accepted", office);
  await office.link("Báo cáo").click();
  await office.heading("Báo cáo").waitFor();
  await office.field("Báo cáo").selectOption({ label: "RP04: Báo cáo tổng hợp hoạt động các Đội công tác xã hội tình nguyện" });
  await office.field("Năm").selectOption({ label: "2023" });
  await office.field("Kỳ").selectOption({ label: "năm 2023" });
  await office.button("Xem số liệu").click();
  await office.text("Số liệu tạm tính").waitFor();
  await office.button(`Số Đội công tác xã hội tình nguyện, ${COMMUNE}: 1`).waitFor();
  await look("13-figures", office, false);
  await office.button("Chốt kỳ này").click();
  await office.button("Đúng, chốt số liệu").click();
  await office.heading("RP04, năm 2023, lần 1").waitFor();
  await office.button("Dựng lại từ nhật ký và so").click();
  await office.text("Khớp: số liệu dựng lại từ nhật ký giống hệt bản đã ký.").waitFor();
  await look("14-closed", office, false);
});

test("the province opens /tinh, downloads the signed file and sees that it verifies; a changed byte is refused", async () => {
  const province = await newScreen();
  await province.page.goto(`${hub.url}tinh`);
  await province.heading("Báo cáo cho cấp tỉnh").waitFor();
  await province.field("Mã truy cập").fill(once.token);
  await province.button("Vào xem").click();
  await province.heading("Báo cáo của Huyện Vĩnh Cửu").waitFor();
  await province.button("Xem: RP04, năm 2023, lần 1").click();
  await province.page.getByRole("table").filter({ hasText: "Toàn đơn vị" }).waitFor();
  await look("15-province", province, false);
  for (const name of ["Excel", "Chữ ký: Excel"]) {
    const [got] = await Promise.all([province.page.waitForEvent("download"), province.link(name).click()]);
    file[name] = path.join(folder, got.suggestedFilename());
    await got.saveAs(file[name]);
  }
  assert.match(file.Excel, /BC_RP04_2023_735_1\.xlsx$/);
  const check = province.page.locator("section").filter({ has: province.page.getByRole("heading", { name: "Kiểm tra một tệp" }) });
  const drop = async (buffer) => {
    const both = [[file.Excel, buffer], [file["Chữ ký: Excel"], fs.readFileSync(file["Chữ ký: Excel"])]];
    const dropped = await province.page.evaluateHandle((files) => {
      const t = new DataTransfer();
      for (const [name, bytes] of files) t.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
      return t;
    }, both.map(([name, bytes]) => [path.basename(name), bytes.toString("base64")]));
    const place = province.text("Thả tệp báo cáo vào đây");
    for (const what of ["dragover", "drop"]) await place.dispatchEvent(what, { dataTransfer: dropped });
  };
  const good = fs.readFileSync(file.Excel);
  await drop(good);
  await province.text("đúng là tệp trung tâm đã ký, không bị sửa.").waitFor();
  await province.text("Chữ ký được kiểm tra ngay trong trình duyệt của bạn.").waitFor();
  await picture(check, "whole-16-verified");
  const changed = Buffer.from(good);
  changed[changed.length >> 1] ^= 1;
  await drop(changed);
  await province.text("KHÔNG đúng. Tệp đã bị sửa").waitFor();
  assert.equal(await province.text("đúng là tệp trung tâm đã ký, không bị sửa.").count(), 0);
  await picture(check, "whole-17-changed-byte");
  await province.page.context().close();
});

test("the commune sees how its report ended; nothing complained", async () => {
  await syncNow();
  await openReport();
  await desk.text(/đã (tiếp nhận|khóa)/i).first().waitFor();
  await look("18-commune-end", desk, false);
  assert.deepEqual(errors, []);
});
