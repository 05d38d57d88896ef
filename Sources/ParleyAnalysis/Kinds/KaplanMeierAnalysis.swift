import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// `kaplan-meier`: how many have had no event up to each time of a grid, by groups, and whether groups differ (log-rank).
///
/// In the order of descending time the number at risk is the public row number, so the logarithm of the curve and its variance are linear in the
/// events: no division is computed. `docs/proofs/survival.md` has the formulas and what may be shown.
struct KaplanMeierAnalysis: AnalysisKind {
  static let name = "kaplan-meier"
  static let keys = ["time", "event", "by", "grid", "test", MissingSetting.key, "level"]
  static let needs = "a whole number that is not negative, and a condition"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let time = columns.times.first, let event = columns.conditions.first else { return nil }
    let by = columns.groups.first { $0.name != event }.map { ["by: \($0.name)", "test: log-rank"] } ?? []
    let every = max(1, time.last / 12)
    return ["time: \(time.name)", "event: \(event)"] + by
      + ["grid: {every: \(every), until: \(time.last / every * every)}"]
  }
  private static let mostPoints = 400

  let settings: AnalysisSettings
  private let time: SurvivalTime
  private let event: ConditionSetting
  private let by: String?
  private let hasTest: Bool
  private let missing: MissingSetting
  private let level: Double

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    time = try SurvivalTime(settings)
    event = try ConditionSetting(settings, at: "event", example: "died")
    by = try settings.optionalText("by", example: "arm")
    hasTest = try settings.choice("test", ["none", "log-rank"]) == "log-rank"
    missing = try MissingSetting(settings, isOfModel: false)
    level = try settings.level()
    guard !hasTest || by != nil else {
      throw settings.error(
        "setting", "'test: log-rank' of \(settings.what) compares groups, and there is no 'by'", at: "test",
        remedy: "add 'by: arm', or remove 'test'")
    }
    guard settings.has("grid") else {
      throw settings.error(
        "setting", "\(settings.what) of kind 'kaplan-meier' has no 'grid'",
        remedy: "add 'grid: {every: 30, until: 360}': the times at which the curve may be shown")
    }
  }

  var computesOfRows: Bool { true }

  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let time = try time.column(of: rows)
    let event = try event.column(of: rows)
    _ = try grid(rows)
    return [time.name, event.name] + (try groups(rows).map { [$0.column.name] } ?? [])
  }

  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles { missing.roles() }

  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    [try event.column(of: rows).name] + (try groups(rows).map { [$0.column.name] } ?? [])
  }

  /// Times are shown where enough events are, whatever their values.
  func judgedValues(of rows: AnalysisRows) throws(ParleyError) -> [String] { [] }

  private func groups(_ rows: AnalysisRows) throws(ParleyError) -> GroupLabels? {
    try by.map { (name) throws(ParleyError) in try GroupLabels(name, at: "by", rows) }
  }

  // MARK: Settings that depend on the rows

  /// Times at which the curve may be shown, in the column's units, with their texts.
  private func grid(_ rows: AnalysisRows) throws(ParleyError) -> [(text: String, value: BigInt)] {
    let column = try time.column(of: rows)
    let scale = if case .decimal(let scale) = column.type { scale } else { 0 }
    func number(_ text: String) throws(ParleyError) -> BigInt {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let decimals = parts.count == 2 ? String(parts[1]) : ""
      guard (1...2).contains(parts.count), decimals.count <= scale,
        text.utf8.allSatisfy({ $0 == 46 || $0 &- 48 < 10 }),
        !parts[0].isEmpty,
        let value = BigInt(parts[0] + decimals + String(repeating: "0", count: scale - decimals.count))
      else {
        throw settings.error(
          "setting", "'\(text)' in 'grid' of \(settings.what) is no time that '\(column.name)' can have",
          at: "grid",
          remedy:
            "write numbers of at least 0 with at most \(scale) decimals, as in 'grid: {every: 30, until: 360}'")
      }
      return value
    }
    var points: [BigInt] = []
    if let mapping = try settings.mapping("grid", ["every", "until"], example: "{every: 30, until: 360}") {
      let every = try number(try settings.text(of: mapping["every"], "grid", example: "{every: 30, until: 360}"))
      let until = try number(try settings.text(of: mapping["until"], "grid", example: "{every: 30, until: 360}"))
      guard every > 0, until >= every, until / every <= Self.mostPoints else { throw tooMany() }
      points = (1...Int(until / every)).map { every * BigInt($0) }
    } else {
      for entry in try settings.texts("grid", example: "[30, 60, 90]") { points.append(try number(entry.text)) }
      guard points.count <= Self.mostPoints else { throw tooMany() }
    }
    guard points == points.sorted() else {
      throw settings.error(
        "setting", "the times in 'grid' of \(settings.what) do not ascend", at: "grid",
        remedy: "write the smallest first")
    }
    if let last = points.last, let upper = column.range?.upperBound, last > BigInt(upper) {
      throw settings.error(
        "setting",
        "'grid' of \(settings.what) goes on to times that '\(column.name)' cannot have: its range ends at \(Program.ResultTable.Format.decimal(scale: scale).shown(BigInt(upper)))",
        at: "grid", remedy: "end it there, or widen the range of '\(column.name)' in the study")
    }
    return points.map { (Program.ResultTable.Format.decimal(scale: scale).shown($0), $0) }
  }
  private func tooMany() -> ParleyError {
    settings.error(
      "setting", "'grid' of \(settings.what) has no time, or more than \(Self.mostPoints)", at: "grid",
      remedy: "write fewer: 'grid: {every: 30, until: 360}'")
  }

  // MARK: What is computed

  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let names = try variables(of: frame.rows)
    let time = try time.number(frame, most: SurvivalOrder.mostRows, &builder)
    let event = try event.bit(frame, &builder)
    let groups =
      try by.map { (_) throws(ParleyError) in try frame.groups(names[2], &builder) } ?? [("all", frame.isUsed)]
    let parts = SurvivalParts(
      frame: frame, time: time, event: event, groups: groups, heading: by == nil ? nil : names[2])
    try parts.counts(mayBeEmpty: !hasTest, &rules, &builder)
    try SurvivalCurve(parts: parts, grid: try grid(frame.rows), timeHeading: names[0], level: level).build(
      rules, &builder)
    if hasTest { try LogRank(parts: parts).build(rules, &builder) }
  }
}

extension Program.ResultTable.Format {
  /// The text of an integer that has one.
  fileprivate func shown(_ value: BigInt) -> String { (try? text(of: value)) ?? String(value) }
}

/// What curves and tests of one analysis have in common.
struct SurvivalParts {
  let frame: AnalysisFrame
  /// 0 in slots that do not count.
  let time: Program.NodeID
  /// Bits; 0 in slots that do not count.
  let event: Program.NodeID
  let groups: [(label: String, bit: Program.NodeID)]
  /// The column that makes groups; nil for one of all rows.
  let heading: String?

  /// Opens rows and events of each group, and requires that there are none or enough.
  func counts(
    mayBeEmpty: Bool, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    var rows: [Program.NodeID] = []
    var events: [Program.NodeID] = []
    for group in groups {
      let count = try builder.sum(group.bit)
      let own = try builder.sum(try builder.and(group.bit, event))
      rows.append(count)
      events.append(own)
      if mayBeEmpty {
        try rules.requireNoneOrEnough(count, &builder)
        try rules.requireNoneOrEnough(own, &builder)
      } else {
        try rules.requireEnough(count, &builder)
        try rules.requireEnough(own, &builder)
      }
      try rules.requireNoneOrEnough(try builder.subtract(count, own), &builder)
    }
    try rules.disclose(
      "groups", rows: groups.count, keys: heading.map { [.init(name: $0, labels: groups.map(\.label))] } ?? [],
      columns: [
        .init("n", try builder.stack(rows), "how many rows of each group count."),
        .init("events", try builder.stack(events), "how many of them have an event."),
      ], &builder)
  }
}
