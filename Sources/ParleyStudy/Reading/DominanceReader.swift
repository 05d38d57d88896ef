import ParleyProgram
import Yams

/// `dominance` of a study's release: what the largest units of a sum may make up of it.
struct DominanceReader {
  private(set) var limits: [ReleaseRules.Dominance] = []

  init(_ release: Fields, _ problems: Problems) {
    let example = "{largest-percent: 60}"
    guard let node = release.node("dominance", required: false, example: example),
      let fields = Fields(node, of: "dominance", allowed: StudyKeys.dominance, problems)
    else { return }
    let isEmpty = if case .mapping(let mapping) = node { mapping.isEmpty } else { false }
    func percent(_ key: String) -> Int? {
      fields.integer(key, in: StudyLimits.percent, required: false, example: "60")
    }
    if let percent = percent("largest-percent") { limits.append(.init(units: 1, percent: percent)) }
    let count = fields.integer("largest-count", in: StudyLimits.largestCount, required: false, example: "2")
    let together = percent("largest-count-percent")
    if let count, let together { limits.append(.init(units: count, percent: together)) }
    if fields.has("largest-count") != fields.has("largest-count-percent") {
      problems.add(
        .studyMissing, "dominance has one of 'largest-count' and 'largest-count-percent' without the other",
        at: fields.position, remedy: "write both, as in 'largest-count: 2' and 'largest-count-percent: 80'")
    } else if isEmpty {
      problems.add(
        .studyMissing, "dominance says nothing", at: fields.position,
        remedy: "write 'dominance: \(example)', or leave it out")
    }
  }
}
