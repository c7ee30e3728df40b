// The commune desk in a real browser, as a new officer meets it. Controls are found by the Vietnamese
// text that stands on the screen, never by an id or a class.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, day, errors, eyes, look as lookAt, newWindow, test, sent } from "./steps.mjs";
import { cleanUp, kept, kill, launch, makeNode, startHub, startNode, tool, until, folder, workbook } from "./world.mjs";

const PEOPLE = ["Đặng Thị Hồng", "Đỗ Văn Đức", "Nguyễn Thị Hường", "Trần Quốc Toản", "Lê Thị Mỹ Duyên", "Phạm Ngọc Thạch",
  "Bùi Thị Xuân", "Hoàng Văn Thụ", "Vũ Thị Ánh Nguyệt", "<img src=x onerror=document.title='hỏng'>"];

const LIST_FILE = "Tệp Excel (.xlsx), CSV hoặc NDJSON";

let hub, data, node, browser, page;
const look = (name) => lookAt(page, "desk", name);
const { field, button, link, heading } = eyes(() => page);

async function logIn() {
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  await field("Mật khẩu").fill(PASSWORD);
  await button("Đăng nhập").click();
}

async function newRecord(type) {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill(type);
  await link(type).click();
  await link("Thêm hồ sơ").click();
}

/** Parts of the page that were fetched by now. */
const fetched = async () => (await page.evaluate(() => performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname)))
  .filter((name) => /^\/desk\/.*\.js$/.test(name)).sort();

before(async () => {
  hub = await startHub();
  data = makeNode("node");
  node = await startNode(data);
  browser = await launch();
  page = await newWindow(browser);
});

after(async () => {
  await browser?.close();
  await cleanUp();
});

test("without script the page says what to do", async () => {
  const plain = await newWindow(browser, { javaScriptEnabled: false });
  await plain.goto(node.url);
  assert.match(await plain.textContent("body"), /Trang này cần JavaScript/);
  await plain.context().close();
});

test("the first officer is made with the code of this PC", async () => {
  await page.goto(node.url);
  await heading("Người dùng đầu tiên của máy này").waitFor();
  await look("first");
  assert.deepEqual(await fetched(), ["app", "base", "login", "parts"].map((name) => `/desk/${name}.js`), "what is behind the login comes after it");
  await page.goto("about:blank");
  await page.goto(`${node.url}#first=0000000000000000`); // as an earlier start of the program showed it
  await heading("Người dùng đầu tiên của máy này").waitFor();
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  assert.equal(await field("Mã một lần").count(), 0);
  await field("Mật khẩu").fill(PASSWORD);
  await field("Nhập lại mật khẩu").fill(PASSWORD);
  await button("Tạo và đăng nhập").click();
  await page.getByText("Mã không đúng").waitFor();
  await field("Mã một lần").fill(node.code());
  await button("Tạo và đăng nhập").click();
  await heading("Ghi danh với trung tâm").waitFor();
});

test("the commune joins by its invitation", async () => {
  await look("join");
  await field("Tên máy").fill("Máy bàn tầng hai");
  await field("Lời mời").fill("dongbo1:sai");
  await button("Ghi danh").click();
  await page.getByText("Lời mời không đúng").waitFor();
  assert.equal(await field("Tên máy").inputValue(), "Máy bàn tầng hai"); // what was typed stays
  const invitation = (at) => Object.values(hub.invite("26170", at)).find((v) => String(v).startsWith("dongbo1:"));
  await field("Lời mời").fill(invitation(1)); // mistyped at the hub: nobody listens there
  await button("Ghi danh").click();
  await page.getByText("Đã giữ lời mời").waitFor();
  await link("Gửi và nhận bằng USB").click();
  await page.getByText("Máy này chưa ghi danh: tệp này mang lời xin ghi danh đến trung tâm.").waitFor();
  await link("Trang đầu").click();
  await button("Nhập lời mời khác").click();
  await field("Lời mời").fill(invitation());
  await button("Ghi danh").click();
  await page.getByRole("heading", { name: "Sáu từ để so với trung tâm" }).waitFor();
  await look("words");
  await button("Hai bên giống nhau, tiếp tục").click();
  await heading("Trang đầu").waitFor();
  assert.equal(JSON.parse(tool("dongbo-node", "status", "--json", "--data", data)).name, "Máy bàn tầng hai");
  await page.getByRole("heading", { name: "Hồ sơ đầu tiên" }).waitFor();
  await look("home");
});

test("ten records are typed by what stands beside the fields", async () => {
  for (const [i, name] of PEOPLE.entries()) {
    await newRecord("Người");
    await field("Họ, chữ đệm và tên khai sinh").fill(name);
    await field("Giới tính").selectOption({ label: i % 2 ? "Nam" : "Nữ" });
    await field("Ngày sinh").fill(i % 3 ? `0${(i % 8) + 1}/05/19${80 + i}` : `19${80 + i}`);
    await button("Ghi hồ sơ").click();
    await page.getByText("Đã ghi trên máy này.").waitFor();
    await heading(name).waitFor();
    if (i === 0) await look("record");
  }
  assert.notEqual(await page.title(), "hỏng");
  await link("Trang đầu").click(); // what is used here stands first, the rest by subject, each type once
  await page.getByRole("heading", { level: 3 }).filter({ hasText: "Dùng nhiều ở đây" }).waitFor();
  assert.equal((await page.locator("ul.types").first().innerText()).replace(/\s+/g, " ").trim(), "Người 10");
  await page.getByRole("heading", { level: 3, name: "Trẻ em" }).waitFor();
  await look("home-used");
  await link("Người").click();
  await heading("Người").waitFor();
});

test("screens that were not opened yet are there when the program is not", async () => {
  await until("all screens to be fetched", async () => (await fetched()).includes("/desk/reports.js") && (await fetched()).length > 20);
  await page.route("**/*.js", (route) => route.abort());
  for (const [name, title] of [["Kinh phí", "Kinh phí trong năm"], ["Chuyển hồ sơ", "Chuyển hồ sơ giữa các xã"], ["USB", "Gửi và nhận bằng USB"]]) {
    await link(name).click();
    await heading(title).waitFor();
  }
  await page.unroute("**/*.js");
  await link("Trang đầu").click();
  await link("Người").click();
  await heading("Người").waitFor();
});

test("a search needs no tone marks", async () => {
  await page.getByText("10 hồ sơ").waitFor();
  await look("list");
  await field("Tìm").fill("dang thi hong");
  await page.getByText("1 hồ sơ", { exact: true }).waitFor();
  await link("Đặng Thị Hồng").waitFor();
  await until("one row and the heads", async () => (await page.getByRole("row").count()) === 2);
});

test("the form says what is wrong while one types", async () => {
  await newRecord("Người");
  await field("Số định danh cá nhân").fill("123");
  await field("Họ, chữ đệm và tên khai sinh").fill("Đặng Thị Hồng");
  await page.getByText("Số định danh phải đúng 12 chữ số").waitFor();
  await page.getByText("Có thể đã có hồ sơ này:").waitFor();
  await field("Hộ nghèo, cận nghèo").selectOption({ index: 1 });
  await field("Năm xét hộ nghèo").waitFor(); // relevant now
  await button("Ghi hồ sơ").click();
  await page.getByText("Còn thiếu: Giới tính").waitFor();
  await look("form");
  await button("Bỏ bản nháp").click();
  await page.getByText("Không lấy lại được.").waitFor(); // nothing typed goes by one slip
  await button("Đúng, bỏ điều vừa gõ").click();
  await heading("Người").waitFor();
});

test("a power cut in the middle of a draft loses nothing", async () => {
  await newRecord("Người");
  await field("Họ, chữ đệm và tên khai sinh").fill("Lý Thường Kiệt");
  await kept(page, "Ngô Tuấn", () => field("Tên gọi khác").fill("Ngô Tuấn"));
  await page.getByText("Đã giữ bản nháp").waitFor();
  await kill(node.process, "SIGKILL");
  node = await startNode(data);
  await page.goto(node.url);
  await logIn();
  await page.getByRole("link", { name: /Lý Thường Kiệt/ }).click();
  await page.getByText("Đây là bản nháp đã giữ lại").waitFor();
  assert.equal(await field("Tên gọi khác").inputValue(), "Ngô Tuấn");
  await field("Giới tính").selectOption({ label: "Nam" });
  await button("Ghi hồ sơ").click();
  await heading("Lý Thường Kiệt").waitFor();
  await link("Trang đầu").click();
  await heading("Trang đầu").waitFor();
  await until("no draft", async () => (await page.getByText("Bản nháp của bạn").count()) === 0);
});

test("a login that ends takes nothing of what is typed", async () => {
  await newRecord("Người");
  await kept(page, "Lê Lai", () => field("Họ, chữ đệm và tên khai sinh").fill("Lê Lai"));
  await page.context().clearCookies();
  await field("Tên gọi khác").fill("Lai cứu chúa");
  await heading("Đăng nhập").waitFor();
  await logIn();
  await page.getByText("Đây là bản nháp đã giữ lại").waitFor();
  assert.equal(await field("Họ, chữ đệm và tên khai sinh").inputValue(), "Lê Lai");
  assert.equal(await field("Tên gọi khác").inputValue(), "Lai cứu chúa");
  await button("Bỏ bản nháp").click();
  await button("Đúng, bỏ điều vừa gõ").click();
  await heading("Người").waitFor();
});

test("what somebody else wrote meanwhile is shown beside what is typed, and a person chooses", async () => {
  await link("Nguyễn Thị Hường").click();
  await heading("Nguyễn Thị Hường").waitFor();
  await link("Sửa").click();
  await field("Nghề nghiệp").fill("giáo viên");
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel("Nghề nghiệp").fill("thợ may");
  await other.getByRole("button", { name: "Ghi hồ sơ", exact: true }).click();
  await other.getByText("Đã ghi trên máy này.").waitFor();
  await other.close();
  await button("Ghi hồ sơ").click();
  await button("Mở bản mới và giữ điều tôi vừa gõ").click();
  await page.getByText("Có người vừa ghi ở trường này: thợ may").waitFor();
  assert.equal(await field("Nghề nghiệp").inputValue(), "giáo viên");
  assert.equal(await button("Ghi hồ sơ").isDisabled(), true, "not before somebody chose");
  await look("theirs");
  await button("Giữ điều tôi gõ: Nghề nghiệp").click();
  await button("Ghi hồ sơ").click();
  await page.getByText("Đã ghi trên máy này.").waitFor();
  await page.getByText("Nghề nghiệp: thợ may").waitFor();
});

test("a sensitive list shows initials until asked, and that is noted", async () => {
  await newRecord("Hồ sơ quản lý người nghiện, người sử dụng ma túy");
  await field("Người").fill("nguoi khong co"); // nobody: it stays, and says that it is not chosen
  await page.keyboard.press("Tab");
  await page.getByText("Chưa chọn dòng nào trong danh sách").waitFor();
  assert.equal(await field("Người").inputValue(), "nguoi khong co");
  await field("Người").fill("do van duc"); // a reference, found without tone marks
  await page.getByRole("option", { name: "Đỗ Văn Đức" }).waitFor();
  await page.keyboard.press("Enter");
  await field("Đối tượng là").selectOption({ label: "Người nghiện" });
  await field("Có trong danh sách quản lý").selectOption({ label: "Có" });
  await field("Ngày phát hiện").fill("15/03/2024");
  await button("Ghi hồ sơ").click();
  await page.getByText("Đã ghi trên máy này.").waitFor();
  await link("Danh sách").click();
  await link("Đ. V. Đ.").waitFor();
  assert.doesNotMatch(await page.textContent("main"), /Đỗ Văn/);
  await look("sensitive");
  await button("Hiện Đ. V. Đ.").click();
  await link("Đỗ Văn Đức").waitFor();
  await link("Thiết lập").click();
  await heading("Thiết lập").waitFor();
  await look("settings");
  await link("Nhật ký xem dữ liệu").click();
  await page.getByText("Hiện tên: Hồ sơ quản lý người nghiện").waitFor();
  await look("access");
});

test("sync says the truth, before and after", async () => {
  await link("Trang đầu").click();
  await button("Đồng bộ ngay").click();
  await page.getByText(/Trung tâm đã biên nhận \d+ lần ghi/).waitFor();
  await until("nothing to wait", async () => /Đang chờ\s*0/.test(await page.textContent("section[aria-label='Tình trạng dữ liệu']")));
  await look("synced");
});

test("a conflict shows every value and is settled in two clicks", async () => {
  await field("Tìm loại hồ sơ").fill("Người");
  await link("Người").click();
  await link("Trần Quốc Toản").click();
  await heading("Trần Quốc Toản").waitFor();
  const id = page.url().split("/").pop().split("?")[0];
  tool("dongbo-hub", "put", "--data", hub.data, "--id", id, "occupation=thợ hồ"); // this PC does not know it yet
  await link("Sửa").click();
  await field("Nghề nghiệp").fill("nông dân");
  await button("Ghi hồ sơ").click();
  await page.getByText("Đã ghi trên máy này.").waitFor();
  await button("Đồng bộ ngay").click();
  await heading("Trần Quốc Toản").waitFor();
  await page.getByRole("heading", { name: "Xung đột: Nghề nghiệp" }).waitFor();
  for (const value of ["thợ hồ", "nông dân"]) await page.getByRole("rowheader", { name: value }).waitFor();
  await look("conflict");
  await button("Chọn: thợ hồ").click();
  await button("Ghi giá trị này").click();
  await page.getByText("Đã ghi quyết định của bạn.").waitFor();
  await until("no conflict", async () => (await page.getByText("Xung đột: Nghề nghiệp").count()) === 0);
});

test("without the hub it says so", async () => {
  await kill(hub.process);
  await button("Đồng bộ ngay").click();
  await page.getByText("Không kết nối được trung tâm").waitFor();
});

test("a file is imported and its wrong rows are named", async () => {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill("thon");
  await link("Thôn, ấp, khu phố").click();
  await link("Nhập từ tệp").click();
  const file = path.join(folder, "thon.csv");
  fs.writeFileSync(file, "\uFEFFTên;Loại;population;child_population\r\nThôn Một;Thôn;1.200;300\r\nThôn Hai;Thôn;100;\"400\"\r\nThôn Ba;Thôn;800;200\r\n");
  await field(LIST_FILE).setInputFiles(file);
  await field("Số liệu tính đến ngày (không bắt buộc)").fill("hôm qua");
  await button("Nhập").click();
  await page.getByText("Ngày của số liệu ghi ngày/tháng/năm; chưa nhập gì.").waitFor();
  await field("Số liệu tính đến ngày (không bắt buộc)").fill("31/12/2022");
  await button("Nhập").click();
  await page.getByText("Nhập xong: 2 mới, 0 sửa, 0 không đổi, 1 dòng sai.").waitFor();
  await page.getByText("Số trẻ em không được âm").waitFor();
  await look("import");
});

test("cells of Excel are pasted, a column is chosen, and who is there already is asked about", async () => {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill("thon");
  await link("Thôn, ấp, khu phố").click();
  await link("Nhập từ tệp").click();
  await field("Hoặc dán từ Excel").fill("Tên thôn ấp\tLoại\tpopulation\tchild_population\nThôn Một\tThôn\t1.200\t300\nThôn Bốn\tThôn\t900\t100\nThôn Bốn\tThôn\t900\t100\n");
  await button("Đọc phần đã dán").click();
  await page.getByText("Các dòng đầu, như máy hiểu").first().waitFor();
  assert.equal(await button("Nhập").isDisabled(), true, "a column that is not clear waits for its field");
  await field("Tên thôn ấp").selectOption({ label: "Tên" });
  await button("Kiểm tra trước").click();
  await page.getByText("Chưa nhập gì. Nếu nhập: 3 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
  await button("Nhập").click();
  await page.getByText("2 dòng giống hồ sơ đã có hoặc giống dòng khác. Chưa nhập gì.").waitFor();
  await page.getByText("giống dòng 3").waitFor();
  await look("import-twice");
  await button("Bỏ các dòng này, nhập phần còn lại").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
});

test("a list without names that was entered before is known again, row by row", async () => {
  const paste = async (rows) => {
    await link("Trang đầu").click();
    await field("Tìm loại hồ sơ").fill("tu diem");
    await link("Tụ điểm, địa bàn phức tạp").click();
    await link("Nhập từ tệp").click();
    await field("Hoặc dán từ Excel").fill(`kind\tplace\tsince\tstate\n${rows.join("\n")}\n`);
    await button("Đọc phần đã dán").click();
    await button("Nhập").click();
  };
  const rows = ["Ma túy\tBãi đất trống\t01/02/2023\tĐang hoạt động", "Ma túy\tBãi đất trống\t02/02/2023\tĐang hoạt động"];
  await paste(rows);
  await page.getByText("Nhập xong: 2 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
  await paste([rows[1].replace("02/02", "2/2"), "Khác\tBãi đất trống\t01/02/2023\tĐang hoạt động"]);
  await page.getByText("1 dòng giống hồ sơ đã có hoặc giống dòng khác. Chưa nhập gì.").waitFor();
  await page.getByRole("link", { name: "B. đ. t." }).waitFor();
  await button("Bỏ các dòng này, nhập phần còn lại").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
});

const people = () => JSON.parse(tool("dongbo-node", "list", "--type", "person", "--json", "--data", data)).rows;

async function importPeople() {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill("nguoi");
  await link("Người").click();
  await link("Nhập từ tệp").click();
  await heading("Nhập từ tệp: Người").waitFor();
}

test("a workbook is looked at: which sheet, which row has the names, days as they will be stored", async () => {
  const before = people().length;
  const file = workbook("nguoi.xlsx", { sheets: {
    "Bìa": [["DANH SÁCH NGƯỜI DÂN"]],
    "Thôn Hai": [["DANH SÁCH THÔN HAI, năm 2023"], [], ["Họ, chữ đệm và tên khai sinh", "Ghi nhớ", "sex", "dob"],
      ["Châu Thị Bảy", "x", "Nữ", { day: 31121 }], ["Châu Văn Tám", "", "Nam", 1990]],
  } });
  await importPeople();
  await field(LIST_FILE).setInputFiles(file);
  await page.getByText("Tệp trống.").waitFor(); // the first sheet has a title and no list
  await field("Trang tính").selectOption({ label: "Thôn Hai" });
  await page.getByText("Cột chưa rõ").waitFor();
  await field("Tên các cột ở dòng số").fill("3");
  await page.keyboard.press("Tab");
  await field("Ghi nhớ").selectOption({ label: "Bỏ cột này" });
  await page.getByRole("cell", { name: "15/03/1985", exact: true }).waitFor();
  await page.getByText("nguoi.xlsx: 2 dòng, sẵn sàng nhập.").waitFor();
  await look("import-workbook");
  await button("Kiểm tra trước").click();
  await page.getByText("Chưa nhập gì. Nếu nhập: 2 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
  await button("Nhập").click();
  await page.getByText("Nhập xong: 2 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
  const rows = people();
  assert.equal(rows.length, before + 2);
  const one = JSON.parse(tool("dongbo-node", "get", rows.find((r) => r.values.full_name === "Châu Thị Bảy").id, "--json", "--data", data));
  assert.equal(one.values.dob, "1985-03-15");
});

test("headings as offices write them are known", async () => {
  await importPeople();
  await field("Hoặc dán từ Excel").fill("HỌ VÀ TÊN\tNgày sinh\tGiới tính:\tSố CCCD\tSĐT\nMai Thị Lựu\t02/03/1990\tNữ\t075190000123\t0912345678\n");
  await button("Đọc phần đã dán").click();
  await page.getByText("1 dòng, sẵn sàng nhập.").waitFor();
  assert.equal(await page.getByText("Cột chưa rõ").count(), 0);
  await button("Nhập").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 0 dòng sai.").waitFor();
  const one = people().find((r) => r.values.full_name === "Mai Thị Lựu");
  const { values } = JSON.parse(tool("dongbo-node", "get", one.id, "--json", "--data", data));
  assert.deepEqual([values.dob, values.sex, values.national_id, values.phone], ["1990-03-02", "female", "075190000123", "0912345678"]);
});

test("a file that is no list, or means harm, is named and nothing is entered", async () => {
  const before = people().length;
  const broken = path.join(folder, "hong.xlsx");
  fs.writeFileSync(broken, fs.readFileSync(path.join(folder, "nguoi.xlsx")).subarray(0, 900));
  const long = path.join(folder, "dai.csv");
  fs.writeFileSync(long, Buffer.alloc(7 * 1024 * 1024 + 1, "a\n"));
  const picture = path.join(folder, "anh.csv");
  fs.writeFileSync(picture, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]));
  await importPeople();
  for (const [file, words] of [[broken, "Tệp Excel bị hỏng hoặc không phải .xlsx"], [workbook("bom.xlsx", { bomb: true }), "Trang tính quá lớn"],
    [workbook("dai.xlsx", { rows: 100001 }), "Trang tính có quá 100.000 dòng"], [long, "Tệp quá lớn: nhiều nhất 7 MB"], [picture, "Tệp này không phải là chữ"]]) {
    await field(LIST_FILE).setInputFiles(file);
    await page.getByText(words).waitFor();
    assert.equal(await button("Nhập").count(), 0, `nothing to import of ${file}`);
  }
  await look("import-refused");
  assert.equal(people().length, before);
});

test("a list in a font of before Unicode is shown before and after", async () => {
  const file = path.join(folder, "vntime.csv");
  fs.writeFileSync(file, Buffer.from("full_name,sex,note\nNguy\u00d4n V\u00a8n H\u00efng,male,\u00ae\u00d2 1\n", "latin1"));
  await importPeople();
  await field(LIST_FILE).setInputFiles(file);
  await page.getByText("Chữ trong tệp có vẻ là phông TCVN3").waitFor();
  await page.getByRole("cell", { name: "Nguyễn Văn Hùng", exact: true }).waitFor();
  await look("import-font");
  await field("Phông chữ của tệp").selectOption("unicode"); // what was found is not right, a person says
  await page.getByText("Tệp không phải UTF-8 và máy không nhận ra phông chữ.").waitFor();
  assert.equal(await button("Nhập").count(), 0);
  await field("Phông chữ của tệp").selectOption("tcvn3");
  const imported = sent(page, "/api/import");
  await button("Nhập").dblclick();
  await page.getByText("Nhập xong: 1 mới").waitFor();
  assert.equal(imported(), 1);
  assert.equal(people().filter((r) => r.values.full_name === "Nguyễn Văn Hùng").length, 1);
  await field("Hoặc dán từ Excel").fill("full_name\tsex\nTraàn Thò Huøng\tfemale\n");
  await button("Đọc phần đã dán").click();
  await page.getByText("Chữ trong tệp có vẻ là phông VNI.").waitFor();
  await page.getByRole("cell", { name: "Trần Thị Hùng", exact: true }).waitFor();
  await button("Nhập").click();
  await page.getByText("Nhập xong: 1 mới").waitFor();
  const names = people().map((r) => r.values.full_name);
  for (const name of ["Nguyễn Văn Hùng", "Trần Thị Hùng"]) assert.ok(names.includes(name), name);
});

test("who was added while a list is being looked through is asked about too, and is not entered twice", async () => {
  const between = async (r) => { // another person enters one of the list, after the look and before the rows
    tool("dongbo-node", "put", "--data", data, "--type", "person", "full_name=Đinh Thị Một", "sex=female", "dob=1980");
    await r.continue();
  };
  await importPeople();
  await field("Hoặc dán từ Excel").fill("full_name\tsex\tdob\nĐinh Thị Một\tfemale\t1980\nĐinh Thị Hai\tfemale\t1981\n");
  await button("Đọc phần đã dán").click();
  await page.route("**/api/import", between, { times: 1 });
  await button("Nhập").click();
  await page.getByText("1 dòng giống hồ sơ đã có hoặc giống dòng khác.").waitFor();
  await button("Bỏ các dòng này, nhập phần còn lại").click();
  await page.getByText("Nhập xong: 1 mới").waitFor();
  const names = people().map((r) => r.values.full_name);
  assert.deepEqual(["Đinh Thị Một", "Đinh Thị Hai"].map((n) => names.filter((x) => x === n).length), [1, 1]);
});

test("what was read last counts: an earlier answer, or refusal, that comes late changes nothing", async () => {
  await importPeople();
  const held = [], slow = async (r) => { held.push(r); };
  await page.route("**/api/sheet*", slow);
  for (const name of ["Người Một", "Người Hai"]) {
    await field("Hoặc dán từ Excel").fill(`full_name\tsex\n${name}\tmale\n`);
    await button("Đọc phần đã dán").click();
    await page.getByText("Đang đọc tệp").waitFor();
  }
  await until("both readings are asked for", async () => held.length === 2);
  await field(LIST_FILE).setInputFiles({ name: "ba.ndjson", mimeType: "text/plain", buffer: Buffer.from('{"full_name":"Người Ba","sex":"male"}\n') });
  await page.getByText("ba.ndjson: 1 dòng, sẵn sàng nhập.").waitFor(); // it is not read by the program, and waits for nobody
  assert.equal(await page.getByText("Đang đọc tệp").count(), 0);
  assert.equal(await button("Nhập").isDisabled(), false);
  const answered = [page.waitForResponse((r) => r.url().includes("/api/sheet") && r.status() === 200), page.waitForResponse((r) => r.url().includes("/api/sheet") && r.status() === 422)];
  await held[1].fulfill({ status: 422, json: { error: "BAD_INPUT", vi: "Tệp Excel bị hỏng.", en: "Broken." } });
  await held[0].continue();
  await Promise.all(answered);
  await page.unroute("**/api/sheet*", slow);
  await page.evaluate(() => new Promise((done) => setTimeout(done))); // what an answer starts has run
  await page.getByText("ba.ndjson: 1 dòng, sẵn sàng nhập.").waitFor();
  assert.equal(await page.getByText("Tệp Excel bị hỏng.").count(), 0);
  await button("Nhập").click();
  await page.getByText("Nhập xong: 1 mới").waitFor();
  const names = people().map((r) => r.values.full_name);
  assert.deepEqual(["Người Một", "Người Hai", "Người Ba"].map((n) => names.includes(n)), [false, false, true]);
});

test("a number of somebody else renames nobody until a person ticks the row", async () => {
  tool("dongbo-node", "put", "--data", data, "--type", "person", "--person", "Lan", "full_name=Bùi Văn Trường", "sex=male", "dob=12/03/1990", "national_id=075085769253");
  const of = () => people().filter((r) => r.values.national_id === "075085769253").map((r) => r.values.full_name);
  await importPeople();
  await field("Hoặc dán từ Excel").fill("full_name\tsex\tdob\tnational_id\nHoàng Thị Mười\tfemale\t01/02/2001\t075085769253\nNgô Văn Riêng\tmale\t1980\t075085769254\nNgô Văn Khác\tmale\t1955\t075085769254\n");
  await button("Đọc phần đã dán").click();
  await button("Nhập").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 2 dòng sai.").waitFor();
  await page.getByText("2 dòng trùng số với hồ sơ có tên, ngày sinh khác").waitFor();
  assert.deepEqual(of(), ["Bùi Văn Trường"]);
  await look("import-others");
  assert.equal(await button("Đúng là hồ sơ đó, nhập các dòng đã đánh dấu").isDisabled(), true);
  await page.getByRole("checkbox", { name: "Hoàng Thị Mười" }).check();
  await button("Đúng là hồ sơ đó, nhập các dòng đã đánh dấu").click();
  await page.getByText("Nhập xong: 0 mới, 1 sửa, 0 không đổi, 1 dòng sai.").waitFor(); // the other row was not ticked
  assert.deepEqual(of(), ["Hoàng Thị Mười"]);
  assert.deepEqual(people().map((r) => r.values.full_name).filter((n) => n.startsWith("Ngô Văn")), ["Ngô Văn Riêng"]);
});

test("rows with days long ago are entered once a person says that the days are right", async () => {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill("hoat dong");
  await link("Hoạt động tuyên truyền, tập huấn, hội họp").click();
  await link("Nhập từ tệp").click();
  await field("Hoặc dán từ Excel").fill(`title\tkind\tfield\ton_date\nHọp xưa\tdirect\tdrugs\t12/03/1970\nHọp sai\tdirect\tdrugs\t31/02/2020\nHọp nay\tdirect\tdrugs\t${day(-1)}\n`);
  await button("Đọc phần đã dán").click();
  await button("Kiểm tra trước").click();
  await page.getByText("Chưa nhập gì. Nếu nhập: 1 mới, 0 sửa, 0 không đổi, 2 dòng sai.").waitFor();
  await button("Những ngày này đúng, thử lại các dòng đó").click();
  await page.getByText("Chưa nhập gì. Nếu nhập: 1 mới, 0 sửa, 0 không đổi, 1 dòng sai.").waitFor(); // of the one tried again; the impossible day stays wrong
  await button("Nhập").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 2 dòng sai.").waitFor();
  await page.getByText("1 dòng có ngày xa kỳ báo cáo").waitFor();
  await look("import-dates");
  await button("Những ngày này đúng, nhập các dòng đó").click();
  await page.getByText("Nhập xong: 1 mới, 0 sửa, 0 không đổi, 1 dòng sai.").waitFor();
  assert.equal(await page.getByText("có ngày xa kỳ báo cáo").count(), 0);
  const rows = JSON.parse(tool("dongbo-node", "list", "--type", "activity", "--json", "--data", data)).rows;
  assert.deepEqual(["Họp xưa", "Họp sai", "Họp nay"].map((n) => rows.filter((r) => r.values.title === n).length), [1, 0, 1]);
});

test("the keyboard alone saves a record", async () => {
  await newRecord("Thôn, ấp, khu phố");
  await heading("Thêm: Thôn, ấp, khu phố").waitFor();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => [document.activeElement.labels?.[0]?.textContent ?? "", document.activeElement.textContent,
      getComputedStyle(document.activeElement).outlineStyle, document.activeElement.tagName]);
    assert.equal(at[2], "solid", `focus is visible on ${at[0] || at[1]}`);
    if (at[0].startsWith("Tên")) await page.keyboard.type("Thôn Bàn Phím");
    if (at[0].startsWith("Loại")) await page.keyboard.press("ArrowDown");
    if (at[3] === "BUTTON" && at[1] === "Ghi hồ sơ") break;
  }
  await page.keyboard.press("Enter");
  await heading("Thôn Bàn Phím").waitFor();
});

test("phone width, dark, English", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: "dark" });
  await link("Trang đầu").click();
  await heading("Trang đầu").waitFor();
  await look("phone-dark");
  await page.setViewportSize({ width: 360, height: 740 });
  for (const font of ["", "monospace"]) { // whatever the widths of the letters
    await page.evaluate((name) => { document.documentElement.style.fontFamily = name; }, font);
    assert.ok(await page.evaluate(() => document.querySelector("main").getBoundingClientRect().top + scrollY) < 190, "what one came for is on the first screen");
  }
  await page.evaluate(() => { document.documentElement.style.fontFamily = ""; });
  await look("phone-small");
  await page.evaluate(() => { location.hash = "/settings"; });
  await heading("Thiết lập").waitFor();
  const here = await link("Thiết lập").boundingBox();
  assert.ok(here.x >= 0 && here.x + here.width <= 360, "where one is stands in the row of screens");
  await newRecord("Người");
  await field("Họ, chữ đệm và tên khai sinh").waitFor();
  await look("phone-form-dark");
  await button("English").click();
  await field("Full name").waitFor();
  await look("phone-form-english");
});

test("out is out, and nothing complained", async () => {
  await button("Log out").click();
  await heading("Log in").waitFor();
  await button("Tiếng Việt").click();
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.emulateMedia({ colorScheme: "light" });
  await look("login");
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  await field("Mật khẩu").fill("sai rồi");
  await button("Đăng nhập").click();
  await page.getByText("Tên hoặc mật khẩu không đúng.").waitFor();
  assert.deepEqual(errors.filter((e) => !/Failed to load resource|ERR_CONNECTION/.test(e)), []);
});
