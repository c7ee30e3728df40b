// The commune's money, scores, last days, files of a record and figures, as an officer and a leader use them. Controls
// are found by the Vietnamese text that stands on the screen.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, broken, day, errors, eyes, look as lookAt, newWindow, test, sent } from "./steps.mjs";
import { cleanUp, launch, makeNode, startHub, startNode, tool, until, folder } from "./world.mjs";

const YEAR = new Date(Date.now() + 7 * 3600000).getUTCFullYear();

let hub, node, browser, page;
const look = (name) => lookAt(page, "desk", name);
const { field, button, link } = eyes(() => page);
const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
const text = (words) => page.getByText(words).first();
const hubPut = (type, ...values) => JSON.parse(tool("dongbo-hub", "put", "--json", "--data", hub.data, "--type", type, ...values)).id;

const pages = {}; // one window a person: passwords are slow on purpose

const window = (colorScheme = "light") => newWindow(browser, { colorScheme, expected: /status of (401|403|409|413|422|429)|ERR_/ });

/** From here on that person's window, on the first page. */
async function be(name) {
  page = pages[name];
  await link("Trang đầu").click();
  await heading("Trang đầu").waitFor();
}

async function sync() {
  await button("Đồng bộ ngay").click();
  await text(/Trung tâm đã biên nhận \d+ lần ghi/).waitFor();
}

before(async () => {
  hub = await startHub();
  const money = hubPut("budget_allocation", "alloc_unit=26170", `year=${YEAR}`, "model=no_prostitution", "printed=Xã không có tệ nạn mại dâm",
    "amount=9.000.000", `settle_due_on=${day(-5)}`);
  for (const amount of ["4.000.000", "5.000.000"]) hubPut("allocation_line", `allocation=${money}`, `amount=${amount}`, `printed=Phần ${amount}`);
  for (const year of [YEAR - 1, YEAR]) hubPut("target", "indicator=D01", "target_unit=735", `year=${year}`, "op=le", "value=0", "per=commune");
  const data = makeNode("node");
  node = await startNode(data);
  browser = await launch();
  page = await window();
  await page.goto(node.url);
  await field("Mã một lần").fill(node.code());
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  await field("Mật khẩu").fill(PASSWORD);
  await field("Nhập lại mật khẩu").fill(PASSWORD);
  await button("Tạo và đăng nhập").click();
  await field("Lời mời").fill(Object.values(hub.invite("26170")).find((v) => String(v).startsWith("dongbo1:")));
  await button("Ghi danh").click();
  await button("Hai bên giống nhau, tiếp tục").click();
  await heading("Trang đầu").waitFor();
  await link("Thiết lập").click();
  for (const [name, role] of [["Trần Văn Bình", "Cán bộ"], ["Hồ Văn Lãnh", "Lãnh đạo"]]) {
    await field("Họ và tên người mới").fill(name);
    await field("Mật khẩu của người mới").fill(PASSWORD);
    await page.locator("form").filter({ hasText: "Mật khẩu của người mới" }).getByLabel("Vai trò").selectOption({ label: role });
    await button("Thêm người dùng").click();
    await page.getByRole("rowheader", { name }).waitFor();
  }
  pages["Nguyễn Thị Lan"] = page;
  for (const name of ["Trần Văn Bình", "Hồ Văn Lãnh"]) {
    page = pages[name] = await window(name === "Hồ Văn Lãnh" ? "dark" : "light");
    await page.goto(node.url);
    await field("Họ và tên").fill(name);
    await field("Mật khẩu").fill(PASSWORD);
    await button("Đăng nhập").click();
    await heading("Trang đầu").waitFor();
  }
  await be("Trần Văn Bình");
});

after(async () => {
  if (broken()) console.error(node?.process.output.slice(-3000), await page?.textContent("main").catch(String));
  await browser?.close();
  await cleanUp();
});

test("an estimate is made by its items, and a total that is off is told", async () => {
  await link("Kinh phí").click();
  await heading("Kinh phí trong năm").waitFor();
  await text(`Chưa có dự toán năm ${YEAR}`).waitFor();
  await link("Lập dự toán").click();
  await until("the year", async () => (await field("Năm").inputValue()) === String(YEAR)); // known already
  await field("Hoạt động thường xuyên").fill("3.000.000");
  await field("Tuyên truyền").fill("2.500.000");
  await field("Tổng cộng").fill("6.000.000");
  await page.keyboard.press("Tab");
  await page.locator(".wrong").first().waitFor(); // said while one types
  await button("Ghi hồ sơ").click();
  await page.getByRole("alert").first().waitFor();
  await field("Tổng cộng").fill("5.500.000");
  await until("nothing wrong", async () => (await page.locator(".wrong").count()) === 0);
  await button("Ghi hồ sơ").click();
  await text("Đã ghi trên máy này.").waitFor();
});

test("the estimate goes its way: the clerk hands in, the leader says that the council approved", async () => {
  await link("Kinh phí").click();
  await page.getByRole("heading", { name: `Dự toán năm ${YEAR}` }).waitFor();
  await page.getByRole("row", { name: /Tổng cộng 5\.500\.000/ }).waitFor();
  await button("Trình HĐND xã").click();
  await field("Ngày").fill("31/02/2026");
  await text("Ngày gõ như 04/06/2026.").waitFor();
  assert.ok(await button("Đúng, trình dự toán này").isDisabled());
  await field("Ngày").fill("");
  await button("Đúng, trình dự toán này").click();
  await text("Đã ghi trên máy này; trung tâm thấy").waitFor();
  await page.locator("[aria-current=step]").filter({ hasText: "Đã trình HĐND xã" }).waitFor();
  assert.equal(await button("HĐND đã thông qua").count(), 0); // not a clerk's
  await be("Hồ Văn Lãnh");
  await link("Kinh phí").click();
  await button("HĐND đã thông qua").click();
  await button("Đúng, đã thông qua").click();
  await page.locator("[aria-current=step]").filter({ hasText: "Đã được thông qua" }).waitFor();
  await be("Trần Văn Bình");
});

test("an allocation in parts is settled: sums that are off are told, and the leader cannot hand them in", async () => {
  await sync();
  await link("Kinh phí").click();
  await page.getByRole("row", { name: /Tổng cộng 9\.000\.000/ }).waitFor();
  await link("Lập quyết toán").click();
  await field("Khoản phân bổ").waitFor();
  await until("the allocation", async () => (await field("Khoản phân bổ").inputValue()) === "Xã không có tệ nạn mại dâm");
  await field("Đã chi").fill("8.000.000");
  await button("Ghi hồ sơ").click();
  await text("Đã ghi trên máy này.").waitFor();
  await link("Kinh phí").click();
  await text("chi và nộp lại cộng lại là 8.000.000: lệch 1.000.000 đồng").waitFor();
  await look("money");
  await page.getByRole("link", { name: /^Hạn việc/ }).click();
  await heading("Hạn việc và chỗ không khớp").waitFor();
  await page.getByRole("row", { name: /Quá hạn .* quá [56] ngày .*Phân bổ kinh phí: Xã không có tệ nạn mại dâm/ }).waitFor();
  await look("cases");
  await link("Quyết toán kinh phí: Xã không có tệ nạn mại dâm").click(); // what does not add up
  await heading("Xã không có tệ nạn mại dâm").waitFor();
  await page.goBack();
  await heading("Hạn việc và chỗ không khớp").waitFor();
  const rows = await page.getByRole("row").count();
  await page.getByRole("checkbox", { name: "Xem cả việc đã xong" }).check();
  await until("the estimate's clock, which is done", async () => (await page.getByRole("row").count()) > rows);
  await be("Hồ Văn Lãnh");
  await link("Kinh phí").click();
  await button("Nộp quyết toán").click();
  await button("Đúng, nộp quyết toán này").click();
  await page.getByRole("alert").first().waitFor(); // the node refuses it, and says why
  await be("Trần Văn Bình");
  await link("Kinh phí").click();
  await link("Sửa số tiền").click();
  await field("Nộp lại").fill("1.000.000");
  await button("Ghi hồ sơ").click();
  await text("Đã ghi trên máy này.").waitFor();
  await be("Hồ Văn Lãnh");
  await link("Kinh phí").click();
  await heading("Kinh phí trong năm").waitFor();
  await text("9.000.000 trên 9.000.000 được phân bổ").waitFor();
  await button("Nộp quyết toán").click();
  await button("Đúng, nộp quyết toán này").click();
  await text("Đã ghi trên máy này; trung tâm thấy").waitFor();
  await be("Trần Văn Bình");
});

test("the commune scores itself, what is typed survives, and the sheet is handed in whole", async () => {
  await link("Chấm điểm").click();
  await heading("Tự chấm điểm").waitFor();
  await text("Chưa có bảng chấm điểm nào").waitFor();
  await button("Bắt đầu bảng chấm điểm").click();
  await heading(`Bảng chấm điểm năm ${YEAR}`).waitFor();
  await text("đây không phải NQLT 01/2008").waitFor();
  await text("cả năm").waitFor();
  await field("Điểm của D1").fill("28,5");
  await field("Lý do của D1").fill("Bốn buổi trong năm");
  await until("the draft at the node", async () => (await page.request.get(`${node.url}api/drafts`).then((r) => r.json())).drafts.some((d) => d.draft.typed?.D1?.reason === "Bốn buổi trong năm"));
  await page.reload();
  await heading(`Bảng chấm điểm năm ${YEAR}`).waitFor();
  await until("what was typed", async () => (await field("Điểm của D1").inputValue()) === "28,5");
  await field("Điểm của D2").fill("31");
  await button("Ghi điểm").click();
  await text("Điểm phải từ 0 đến 30").waitFor();
  await field("Điểm của D2").fill("12");
  await field("Điểm của D3").fill("25");
  await button("Ghi điểm").click();
  await text("Đã ghi điểm trên máy này.").waitFor();
  await text("Còn 1 tiêu chí chưa có điểm").waitFor();
  await look("score");
  await field("Điểm của D4").fill("0,5");
  await page.getByRole("definition").filter({ hasText: /^66$/ }).waitFor(); // 28,5 + 12 + 25 + 0,5
  await button("Ghi điểm").click();
  await text("lãnh đạo đăng nhập bằng tên mình để nộp").waitFor();
  await be("Hồ Văn Lãnh");
  await link("Chấm điểm").click();
  await link(`Bảng chấm điểm năm ${YEAR}`).click();
  await button("Nộp bảng điểm").click();
  await button("Đúng, nộp bảng này").click();
  await text("Đã nộp: huyện thấy sau lần đồng bộ tới.").waitFor();
  await link("Tự chấm điểm").click();
  await page.getByRole("row", { name: new RegExp(`${YEAR} .*DEMO.* 66 `) }).waitFor();
  await look("scores");
});

/** A real JPEG of the browser, 40 x 20, with an Exif as a telephone writes it: turned (6), and where it was taken. */
async function photo() {
  const url = await page.evaluate(() => { const c = document.createElement("canvas"); c.width = 40; c.height = 20; c.getContext("2d").fillRect(0, 0, 20, 20); return c.toDataURL("image/jpeg"); });
  const picture = Buffer.from(url.split(",")[1], "base64");
  const tiff = Buffer.concat([Buffer.from("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", "latin1"), Buffer.from("GPS 10.9577N 106.8426E, số nhà 12")]);
  const body = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(body.length + 2);
  return Buffer.concat([picture.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, body, picture.subarray(2), Buffer.from("GPS behind the end")]);
}

test("a photo is kept beside a record without the place it was taken at", async () => {
  await be("Trần Văn Bình");
  await field("Tìm loại hồ sơ").fill("Người");
  await link("Người").click();
  await link("Thêm hồ sơ").click();
  await field("Họ, chữ đệm và tên khai sinh").fill("Đặng Thị Hồng");
  await field("Giới tính").selectOption({ label: "Nữ" });
  await button("Ghi hồ sơ").click();
  await heading("Đặng Thị Hồng").waitFor();
  await button("Thêm ảnh hoặc giấy tờ").click();
  await text("nhiều nhất 4 MiB").waitFor();
  const big = path.join(folder, "lon.jpg"), no = path.join(folder, "khong-phai-anh.jpg"), good = path.join(folder, "ảnh chụp.jpg");
  fs.writeFileSync(big, Buffer.alloc(4 * 1024 * 1024 + 1));
  fs.writeFileSync(no, "\xff\xd8\xff không phải ảnh", "latin1");
  fs.writeFileSync(good, await photo());
  await field("Tệp").setInputFiles(big);
  await text("Tệp này 4,0 MiB; nhiều nhất 4 MiB").waitFor();
  assert.ok(await button("Ghi tệp này").isDisabled());
  await field("Tệp").setInputFiles(no);
  await button("Ghi tệp này").click();
  await text("Tệp ảnh này hỏng hoặc không đúng dạng").waitFor();
  await field("Tệp").setInputFiles(good);
  await look("files-add");
  await button("Ghi tệp này").click();
  await text("vị trí chụp trong ảnh đã được xóa").waitFor();
  await page.getByRole("row", { name: /ảnh chụp\.jpg Ảnh .* ở đây, chờ gửi/ }).waitFor();
  const record = page.url().match(/record\/([0-9a-f]{32})/)[1];
  const { attachments } = await page.request.get(`${node.url}api/attachments?record=${record}`).then((r) => r.json());
  const stored = Buffer.from((await page.request.get(`${node.url}api/attachment?id=${attachments[0].id}`).then((r) => r.json())).data, "base64");
  assert.ok(stored.includes("JFIF") && stored.includes("Exif") && !stored.includes("GPS") && !stored.includes("10.95") && !stored.includes("số nhà"));
  await button("Mở: ảnh chụp.jpg").click();
  const picture = page.getByRole("img", { name: "ảnh chụp.jpg" });
  await until("the picture, turned as it was", () => picture.evaluate((i) => i.complete && i.naturalWidth === 20 && i.naturalHeight === 40));
  await sync();
  await page.getByRole("row", { name: /ảnh chụp\.jpg Ảnh .* ở đây và ở trung tâm/ }).waitFor();
  await look("files");
  await be("Hồ Văn Lãnh");
  await page.goto(`${node.url}#/record/${record}`);
  await page.getByRole("row", { name: /ảnh chụp\.jpg/ }).waitFor();
  assert.equal(await button("Thêm ảnh hoặc giấy tờ").count(), 0); // a leader looks
  await look("files-dark");
});

test("a record that was entered by mistake is deleted with its reason, and brought back", async () => {
  await be("Nguyễn Thị Lan");
  await page.goto(`${node.url}#/new/person`);
  await field("Họ, chữ đệm và tên khai sinh").fill("Đặng Văn Nhầm");
  await field("Giới tính").selectOption({ label: "Nam" });
  await button("Ghi hồ sơ").click();
  await heading("Đặng Văn Nhầm").waitFor();
  await button("Xóa hồ sơ").click();
  assert.ok(await button("Đúng, xóa hồ sơ này").isDisabled());
  await field("Lý do xóa").selectOption({ label: "Nhập nhầm" });
  await look("delete");
  await button("Đúng, xóa hồ sơ này").click();
  await text("Hồ sơ này đã bị xóa. Lý do xóa: Nhập nhầm.").waitFor();
  await page.getByRole("row", { name: /Sửa Lý do xóa: Nhập nhầm/ }).waitFor();
  await button("Khôi phục").click();
  await text("Đã giữ lại hồ sơ.").waitFor();
  await button("Xóa hồ sơ").waitFor(); // the record as it is now
  assert.equal(await text("Hồ sơ này đã bị xóa").count(), 0);
});

test("a person whom a case names is deleted after that is said, and the case is found until it is put right", async () => {
  const put = (...values) => JSON.parse(tool("dongbo-node", "put", "--json", "--data", path.join(folder, "node"), ...values)).id;
  await be("Nguyễn Thị Lan");
  const person = put("--type", "person", "full_name=Đặng Văn Trỏ", "sex=male");
  const record = put("--type", "drug_case", `person=${person}`, "status=addict", "in_list=0");
  await page.goto(`${node.url}#/record/${person}`);
  await button("Xóa hồ sơ").click();
  await text("1 hồ sơ khác nhắc tới hồ sơ này.").waitFor();
  await field("Lý do xóa").selectOption({ label: "Nhập nhầm" });
  await look("delete-referring");
  await button("Đúng, xóa hồ sơ này").click();
  await text("Hồ sơ này đã bị xóa. Lý do xóa: Nhập nhầm.").waitFor();
  await page.goto(`${node.url}#/record/${record}`);
  await text("▲ hồ sơ này đã bị xóa").waitFor();
  await page.goto(`${node.url}#/cases`);
  const row = page.getByRole("listitem").filter({ hasText: "Mục “Người” nhắc tới một hồ sơ đã bị xóa" });
  await row.waitFor();
  await look("cases-deleted");
  await row.getByRole("link", { name: "hồ sơ được nhắc tới (khôi phục được)" }).click();
  await button("Khôi phục").click();
  await text("Đã giữ lại hồ sơ.").waitFor();
  await page.goto(`${node.url}#/record/${record}`);
  await heading("Đặng Văn Trỏ").waitFor();
  assert.equal(await text("▲ hồ sơ này đã bị xóa").count(), 0);
});

test("a field that is locked is left alone by a list, not by a person", async () => {
  await be("Nguyễn Thị Lan");
  await page.goto(`${node.url}#/new/person`);
  await field("Họ, chữ đệm và tên khai sinh").fill("Đặng Thị Khóa");
  await field("Giới tính").selectOption({ label: "Nữ" });
  await field("Nghề nghiệp").fill("thợ may");
  await field("Ngày sinh (có thể chỉ biết năm)").fill("2199");
  await button("Ghi hồ sơ").click(); // what cannot be is told at its field, and nothing is lost
  await text("2199 ở sau hôm nay").waitFor();
  await field("Ngày sinh (có thể chỉ biết năm)").fill("1990");
  await button("Ghi hồ sơ").click();
  await heading("Đặng Thị Khóa").waitFor();
  await text("Chọn trường để khóa (đang khóa: 0)").focus();
  await page.keyboard.press("Enter");
  const box = page.getByRole("checkbox", { name: /^Nghề nghiệp/ });
  await box.focus();
  await page.keyboard.press("Space");
  await text("Đã khóa: danh sách nhập không ghi đè trường này.").waitFor();
  await page.getByRole("definition").filter({ hasText: "thợ may" }).getByText("🔒 đã khóa").waitFor();
  await page.getByRole("row", { name: /Sửa Khóa: Nghề nghiệp/ }).waitFor();
  await look("lock");
  const id = page.url().match(/record\/([0-9a-f]{32})/)[1];
  const list = path.join(folder, "rà soát.csv");
  const today = new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10).split("-").reverse().join("/"); // of Vietnam
  fs.writeFileSync(list, `id,occupation,note\n${id},nông dân,đã rà soát\n`);
  const done = JSON.parse(tool("dongbo-node", "import", "--json", "--data", path.join(folder, "node"), "--type", "person", "--as-of", today, list));
  assert.deepEqual(done.kept.map((k) => [k.line, k.column, k.why]), [[2, "occupation", "locked"]]);
  await page.reload();
  await page.getByRole("row", { name: `từ danh sách rà soát.csv, tính đến ${today}` }).waitFor();
  await page.getByRole("definition").filter({ hasText: "thợ may" }).waitFor();
  await link("Sửa").click();
  await text("Đang khóa, danh sách nhập không ghi đè: Nghề nghiệp.").waitFor();
  await field("Nghề nghiệp").fill("thợ cắt may");
  await button("Ghi hồ sơ").click();
  await page.getByRole("definition").filter({ hasText: "thợ cắt may" }).waitFor();
  await text("Chọn trường để khóa (đang khóa: 1)").click();
  await box.click();
  await text("Đã mở khóa: danh sách nhập ghi được trường này.").waitFor();
  await text("Chọn trường để khóa (đang khóa: 0)").waitFor();
});

test("a day far from the period is asked about before it is saved", async () => {
  await be("Nguyễn Thị Lan");
  await page.goto(`${node.url}#/new/difficulty`);
  await field("Ngày").fill(`12/03/1970`);
  await field("Nội dung").fill("Thiếu xe đi lại");
  await button("Ghi hồ sơ").click();
  await text("Ngày 12/03/1970 cách kỳ báo cáo").waitFor();
  await look("doubt");
  await button("Đúng ngày này, ghi như vậy").click();
  await text("Đã ghi trên máy này.").waitFor();
});

const MONTHLY = "Báo cáo tháng, hoạt động Đội công tác xã hội tình nguyện";

async function openReport() {
  await link("Báo cáo").click();
  await page.getByRole("link", { name: MONTHLY }).first().click();
  await heading(MONTHLY).waitFor();
}

test("a report shows its targets, the records behind a figure, and warns before names leave", async () => {
  await be("Trần Văn Bình");
  await field("Tìm loại hồ sơ").fill("Hồ sơ quản lý người nghiện");
  await link("Hồ sơ quản lý người nghiện, người sử dụng ma túy").click();
  await link("Thêm hồ sơ").click();
  await field("Người").fill("dang thi hong");
  await page.getByRole("option", { name: "Đặng Thị Hồng" }).click();
  await field("Đối tượng là").selectOption({ label: "Người nghiện" });
  await field("Có trong danh sách quản lý").selectOption({ label: "Có" });
  await button("Ghi hồ sơ").click();
  await text("Đã ghi trên máy này.").waitFor();
  await openReport();
  await page.getByRole("row", { name: /Số người nghiện, .* 1 ≤ 0 chỉ tiêu cả năm/ }).waitFor();
  await page.getByRole("button", { name: /: Số người nghiện, người sử dụng ma túy trong danh sách quản lý: 1$/ }).click();
  await link("Đ. T. H.").waitFor();
  await field("Kết quả thực hiện").fill("Đã gặp và giúp bà Đặng Thị Hồng.");
  await until("the draft at the node", async () => (await page.request.get(`${node.url}api/drafts`).then((r) => r.json())).drafts.some((d) => /Hồng/.test(d.draft.typed?.narrative)));
  await page.reload();
  await until("what was typed", async () => (await page.getByLabel("Kết quả thực hiện").inputValue().catch(() => "")) === "Đã gặp và giúp bà Đặng Thị Hồng.");
  await button("Ghi bản nháp").click();
  await text("tên hoặc số định danh của 1 người có hồ sơ nhạy cảm").waitFor();
  await look("report-names");
  const url = page.url();
  await be("Hồ Văn Lãnh");
  await page.goto(url);
  const handed = sent(page, "/api/report/submit");
  await button("Gửi báo cáo").dblclick();
  await text("còn nêu tên 1 người có hồ sơ nhạy cảm").waitFor();
  await button("Thôi").click();
  assert.equal(handed(), 0);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("button").filter({ visible: true }).count(), 0);
  await text("Đã gặp và giúp bà").waitFor();
  await page.emulateMedia({ media: "screen" });
  await be("Trần Văn Bình");
  await page.goto(url);
  await field("Kết quả thực hiện").fill("Đã gặp và giúp một người.");
  await button("Ghi bản nháp").click();
  await text("Đã ghi bản nháp báo cáo").waitFor();
  await until("no name left", async () => (await page.getByText("người có hồ sơ nhạy cảm").count()) === 0);
  const other = "b".repeat(32);
  await page.route("**/api/report?*", async (r) => {
    const now = await (await r.fetch()).json();
    await r.fulfill({ json: { ...now, row: { ...now.row, unconfirmed: true, conflict: true, other }, narrative: { ...now.narrative, note: "đã gọi điện" } } });
  });
  await page.reload();
  await text("chưa ai xác nhận, có hai bản").waitFor();
  await text("chưa ai khác xác nhận, nên tính là nháp").waitFor();
  assert.equal(await link("Mở bản không tính").getAttribute("href"), `#/record/${other}`);
  await text("đã gọi điện").waitFor();
  await page.unroute("**/api/report?*");
});

test("who asks is told all that this PC holds, and that is noted with its reason", async () => {
  await be("Trần Văn Bình");
  await field("Tìm loại hồ sơ").fill("Người");
  await link("Người").click();
  await link("Đặng Thị Hồng").click();
  await heading("Đặng Thị Hồng").waitFor();
  const url = page.url();
  assert.equal(await link("Dữ liệu về người này").count(), 0); // not a clerk's
  await be("Hồ Văn Lãnh");
  await page.goto(url);
  await link("Dữ liệu về người này").click();
  await heading("Mọi dữ liệu về một người").waitFor();
  assert.ok(await button("Gom dữ liệu").isDisabled());
  await field("Lý do").fill("Đơn số 12 <b>ngày</b> 05/03");
  await button("Gom dữ liệu").click();
  await page.getByRole("heading", { level: 2, name: "Người: Đặng Thị Hồng" }).waitFor();
  for (const kind of [/^Hồ sơ quản lý người nghiện/, "Tệp kèm theo: ảnh chụp.jpg"]) await page.getByRole("heading", { level: 2, name: kind }).waitFor();
  await page.getByRole("row", { name: /Trần Văn Bình .*Hồ sơ/ }).first().waitFor();
  await look("subject");
  const [file] = await Promise.all([page.waitForEvent("download"), button("Chép ra tệp").click()]);
  const told = JSON.parse(fs.readFileSync(await file.path(), "utf8"));
  assert.deepEqual(told.records.map((r) => r.why).sort(), ["attached", "refers", "self"]);
  await link("Thiết lập").click();
  await link("Nhật ký xem dữ liệu").click();
  await page.getByRole("row", { name: /Hồ Văn Lãnh Gom mọi dữ liệu về một người.* Đơn số 12 <b>ngày<\/b> 05\/03/ }).waitFor();
});

test("who writes sees who can read it; a second PC reads after its words were compared", async () => {
  const second = makeNode("second", "Máy thứ hai");
  tool("dongbo-node", "join", "--data", second, Object.values(hub.invite("26170")).find((v) => String(v).startsWith("dongbo1:")));
  for (let i = 0; i < 2; i++) tool("dongbo-node", "sync", "--data", second);
  const { readers } = JSON.parse(tool("dongbo-node", "readers", "--json", "--data", second));
  const words = readers.find((r) => r.state === "self").words;
  await be("Trần Văn Bình");
  await sync();
  await field("Tìm loại hồ sơ").fill("Nạn nhân bị mua bán");
  await link("Nạn nhân bị mua bán").click();
  await link("Thêm hồ sơ").click();
  await text("Ô ghi “niêm phong” chỉ những nơi này đọc được: máy này. Trung tâm giữ hộ mà không đọc được. Các ô khác: người dùng các máy của xã, cán bộ trung tâm có quyền.").waitFor();
  await page.getByLabel("Bí danh (niêm phong)").waitFor();
  await look("sealed-form");
  await button("Thôi").click();
  await link("Thiết lập").click();
  await link("Ai đọc được điều tôi ghi?").click();
  await text("Chưa có ai khác đọc được").waitFor();
  await page.getByRole("row").filter({ hasText: words }).filter({ hasText: "chưa được đọc" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Cho đọc/ }).count(), 0); // the keeper's matter
  await be("Nguyễn Thị Lan");
  await link("Thiết lập").click();
  await link("Ai đọc được điều tôi ghi?").click();
  const row = page.getByRole("row").filter({ hasText: words });
  await row.getByRole("button", { name: /^Cho đọc/ }).click();
  await look("readers");
  await button("Sáu từ giống nhau, cho đọc").click();
  await text("Đã cho đọc. Đã niêm phong lại 0 hồ sơ.").waitFor();
  await row.filter({ hasText: "đọc được" }).getByRole("button", { name: /^Thôi cho đọc/ }).waitFor();
  assert.equal(await page.getByText("Chưa có ai khác đọc được").count(), 0);
  await be("Trần Văn Bình");
  await field("Tìm loại hồ sơ").fill("Nạn nhân bị mua bán");
  await link("Nạn nhân bị mua bán").click();
  await link("Thêm hồ sơ").click();
  await text(/chỉ những nơi này đọc được: (máy này; máy của Phường Trị An|máy của Phường Trị An; máy này)\./).waitFor();
  await button("Thôi").click();
  await link("Trang đầu").click();
  await heading("Trang đầu").waitFor();
  await field("Tìm loại hồ sơ").fill("Người");
  await link("Người").click();
  await link("Đặng Thị Hồng").click();
  await text("Đọc được hồ sơ này: người dùng các máy của xã, cán bộ trung tâm có quyền").waitFor();
  await button("Chia sẻ với xã khác").click();
  await field("Đơn vị được chia sẻ").fill("thanh phu");
  await page.getByRole("option", { name: /Thạnh Phú/ }).first().click();
  await button("Chia sẻ").click();
  await text("Đã ghi trên máy này; có hiệu lực khi trung tâm nhận.").waitFor();
  await button("Đồng bộ ngay").click();
  await text("Đọc được hồ sơ này: người dùng các máy của xã và đơn vị được chia sẻ").waitFor(); // the hub has it now
});

test("phone width, dark", async () => {
  await be("Trần Văn Bình");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  for (const [to, title, name] of [["Kinh phí", "Kinh phí trong năm", "money"], ["Hạn việc", "Hạn việc và chỗ không khớp", "cases"], ["Chấm điểm", "Tự chấm điểm", "scores"]]) {
    await page.getByRole("link", { name: new RegExp(`^${to}`) }).first().click();
    await heading(title).waitFor();
    await until("the page whole", async () => (await page.getByText("Đang tải…").count()) === 0);
    await look(`phone-${name}`);
  }
  await link(`Bảng chấm điểm năm ${YEAR}`).click();
  await text("đây không phải NQLT 01/2008").waitFor();
  await look("phone-score");
  await openReport();
  await page.getByRole("row", { name: /Số người nghiện/ }).first().waitFor();
  await look("phone-report");
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill("Người");
  await link("Người").click();
  await link("Đặng Thị Hồng").click();
  await page.getByRole("row", { name: /ảnh chụp\.jpg/ }).waitFor();
  await button("Thêm ảnh hoặc giấy tờ").click();
  await look("phone-files");
});

test("a photo of a record of class 4 is sealed, one of before is said to stand open", async () => {
  await be("Trần Văn Bình");
  await page.setViewportSize({ width: 1280, height: 900 });
  const put = (...what) => JSON.parse(tool("dongbo-node", "put", "--json", "--data", path.join(folder, "node"), "--person", "Trần Văn Bình", "--type", ...what)).id;
  const record = put("trafficking_case", "alias=Hoa Sim", "received_on=2023-03-02", "received_by=police", "victim_status=victim", "verified_on=2023-03-09");
  put("attachment", "record_type=trafficking_case", `record=${record}`, "name=ảnh cũ.jpg", "kind=photo", `digest=${"ab".repeat(32)}`, "size_bytes=1000");
  const file = path.join(folder, "ảnh kín.jpg");
  fs.writeFileSync(file, await photo());
  await page.goto(`${node.url}#/record/${record}`);
  await page.getByRole("row", { name: /ảnh cũ\.jpg Ảnh .* để ngỏ, không niêm phong/ }).waitFor();
  await button("Thêm ảnh hoặc giấy tờ").click();
  await page.locator("#file-new").setInputFiles(file);
  await button("Ghi tệp này").click();
  await text("Tệp và tên tệp đã được niêm phong.").waitFor();
  await page.getByRole("row", { name: /ảnh kín\.jpg \(niêm phong\) Ảnh .* ở đây, chờ gửi/ }).waitFor();
  await look("files-sealed");
  await button("Mở: ảnh kín.jpg").click();
  const picture = page.getByRole("img", { name: "ảnh kín.jpg" });
  await until("the picture", () => picture.evaluate((i) => i.complete && i.naturalWidth === 20));
  const { attachments } = await page.request.get(`${node.url}api/attachments?record=${record}`).then((r) => r.json());
  const sealed = attachments.find((a) => a.sealed).id;
  await page.goto(`${node.url}#/record/${sealed}`);
  await page.getByText("ảnh kín.jpg").first().waitFor();
  const shown = await page.locator("main").innerText();
  assert.ok(!/1 [0-9a-f]{64}/.test(shown) && !shown.includes("Khóa của tệp niêm phong")); // no page shows the key
  const { values } = await page.request.get(`${node.url}api/record?id=${sealed}`).then((r) => r.json());
  assert.ok(values.sealed_name === "ảnh kín.jpg" && !("file_key" in values));
});

test("nothing complained", () => { assert.deepEqual(errors, []); });
