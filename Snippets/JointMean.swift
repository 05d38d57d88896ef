// Three hospitals learn the mean weight of all their patients, and how many smokers are over 60, without any of
// them showing a row. Each is a data holder, a computing party and a recipient at once.
// snippet.hide
#if canImport(Parley) && canImport(CYaml)  // a build of other targets alone (PARLEY_ONLY) skips the snippet
// snippet.show
import Parley

let hospitals = ["north", "south", "west"]
let study = SecureProgram("Joint mean", computing: hospitals.map { Party($0) }, minimumCell: 3)
let patients = study.table("patients", holders: hospitals, maximumRows: 10_000)

// Columns with the ranges that every sum is checked against.
let age = patients.int("age", in: 0...120)
let weight = patients.decimal("weight", scale: 1, in: 0...300)
let smoker = patients.bool("smoker", mayBeMissing: true)

// Nothing below can be printed, compared into a Bool or branched on; `reveal` is the only way out. What would tell of
// fewer than 3 patients is withheld.
let mean = weight.filtered(where: age >= 18).mean(places: 3)
let meanWeight = mean.reveal(to: hospitals, as: "mean weight of adults")
let oldSmokers = patients.count(where: smoker && age > 60).reveal(to: ["north"], as: "smokers over 60")

SecureProgram.main {
  let result = try study.run(data: [
    "north": ["patients": ["age": [34, 71, 12], "weight": [70.5, 81.2, 40], "smoker": [true, true, nil]]],
    "south": ["patients": ["age": [66, 45, 9], "weight": [92, 64.3, 31], "smoker": [false, nil, false]]],
    "west": ["patients": ["age": [80, 61, 15], "weight": [77.7, 59.9, 52], "smoker": [true, true, false]]],
  ])
  let plan = try study.plan(rows: ["patients": ["north": 3, "south": 3, "west": 3]])
  print(plan.statement)
  print("mean weight of adults:", try result[meanWeight]?.description ?? "withheld")
  print("smokers over 60:", try result[oldSmokers]?.description ?? "withheld")
  print("\(plan.totalBytes) bytes in \(plan.rounds) rounds planned, and so it was: \(result.equalsPlan)")
}
// snippet.hide
#endif
