// Runs the operations of the npm package ninoxjs and prints what each brought, as JSON.
const ninox = require("ninoxjs");

async function main() {
  const [uri, authKey] = process.argv.slice(2);
  const said = {};
  await ninox.auth({ uri, authKey, team: "Team", database: "Shop" });
  said.all = (await ninox.getRecords("Customers")).map((record) => record.id);
  said.filtered = await ninox.getRecords("Customers", { Name: "name 2" }, ["Amount"]);
  said.one = await ninox.getRecord("Customers", 3);
  said.saved = await ninox.saveRecords("Customers", [
    { fields: { Name: "new", Amount: 5 } },
    { id: "1", fields: { Name: "renamed" } },
  ]);
  said.count = await ninox.query("cnt(select Customers)");
  said.found = await ninox.query(`first((select Customers['Name'="new" and Amount >= 5])).Id`);
  said.file = await ninox.getFile("Customers", 2, "note.txt");
  said.deleted = await ninox.deleteRecords("Customers", [4, 5]);
  try {
    await ninox.auth({ uri, authKey: "wrong", team: "Team", database: "Shop" });
  } catch (error) {
    said.wrongKey = error.response.status;
  }
  console.log(JSON.stringify(said));
}

main();
