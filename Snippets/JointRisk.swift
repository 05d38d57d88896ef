// Three hospitals learn what raises the odds of a complication over all their patients, and whether two treatments differ in how long it
// takes, without any of them showing a row.
import Parley

let hospitals = ["north", "south", "west"]
let minimum = 5

/// A program with its table; each analysis that computes with rows has a program of its own under a minimum.
struct Study {
  let program: SecureProgram
  let patients: SecureTable
  let age: SecretColumn<Int>, days: SecretColumn<Int>
  let complication: SecretColumn<Bool>, treatment: SecretColumn<String>

  init(_ title: String) {
    program = SecureProgram(title, computing: hospitals.map { Party($0) }, minimumCell: minimum)
    patients = program.table("patients", holders: hospitals, maximumRows: 1000)
    age = patients.int("age", in: 18...100)
    days = patients.int("days", in: 0...365)
    complication = patients.bool("complication")
    treatment = patients.category("treatment", ["old", "new"])
  }
}

/// Made-up rows: 60 patients in each hospital.
func rows(_ hospital: Int) -> ProgramRows {
  var age: [Cell] = [], days: [Cell] = [], complication: [Cell] = [], treatment: [Cell] = []
  for i in 0..<60 {
    let draw = (hospital * 60 + i) * 7919 % 1009
    let years = 30 + draw % 60
    let isNew = i % 2 == 0
    age.append(.int(years))
    days.append(.int(20 + draw % 300))
    complication.append(.bool(draw * 31 % 100 < years - (isNew ? 25 : 5)))
    treatment.append(.text(isNew ? "new" : "old"))
  }
  return ProgramRows(["age": age, "days": days, "complication": complication, "treatment": treatment])
}

SecureProgram.main {
  let data = Dictionary(
    uniqueKeysWithValues: hospitals.enumerated().map { ($0.element, ["patients": rows($0.offset)]) })

  let model = Study("Odds of a complication")
  let odds = model.patients.logistic(
    model.complication, on: [model.age, model.treatment], to: hospitals, as: "odds")
  let first = try model.program.run(data: data)
  let tables = try first.tables(of: odds)
  if let coefficients = tables["coefficients"] { print(coefficients) }
  if let fit = tables["model"] { print(fit) }

  let survival = Study("Time to a complication")
  let curve = survival.patients.kaplanMeier(
    time: survival.days, event: survival.complication, by: survival.treatment,
    grid: Array(stride(from: 30, through: 330, by: 30)), isTested: true, to: hospitals, as: "time")
  let second = try survival.program.run(data: data)
  if let test = try second.tables(of: curve)["test"] { print(test) }
  print("bytes and rounds were as planned: \(first.equalsPlan && second.equalsPlan)")
}
