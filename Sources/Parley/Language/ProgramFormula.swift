internal import BigInt
internal import ParleyAnalysis
internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// Where in a Swift program something is said.
struct CallSite {
  var file: String
  var line: Int
}

/// What an expression became.
struct BuiltValue {
  var node: Program.NodeID
  /// The bits of rows (or the one bit of a scalar) for which there is a value; nil where there always is one.
  var isPresent: Program.NodeID?
  /// The bits of all rows of the table that are not padding; nil for scalars and constants.
  var allRows: Program.NodeID?
  /// Decimal places of the integer.
  var scale = 0
  /// Carries the value of a single record: a minimum or a maximum.
  var isRecord = false
  /// The values of a category column.
  var labels: [String]?
}

/// The program under construction. Expressions are built into it when a method that knows its call site needs them:
/// operators cannot know theirs, so their nodes carry the place of the statement that first uses them, and the text
/// of the expression.
final class Workshop {
  var builder = ProgramBuilder()
  /// The first thing that went wrong; everything that rests on it is quiet.
  private(set) var failure: ParleyError?
  /// What the origins of nodes mean.
  private var origins: [String: (text: String, site: CallSite)] = [:]
  private var site: CallSite?
  /// Of the last call that knew its place: where a chain of operators is said to be that grew too long to wait for
  /// the call that uses it.
  private var lastSite: CallSite?
  let parties: [String]
  /// Results rest on no unit or at least so many; 0 where there is no minimum.
  let minimum: Int
  /// Of a sum, what few units must not make up.
  let dominance: [ReleaseRules.Dominance]
  /// Tables whose rows are about somebody.
  var protected: Set<Program.TableID> = []
  /// What rows were made one value of, by the node of that value.
  private(set) var reductions: [Program.NodeID: [RowReduction]] = [:]
  private(set) var reveals: [PendingReveal] = []
  private(set) var analyses: [PendingAnalysis] = []

  init(parties: [String], minimum: Int, dominance: [ReleaseRules.Dominance]) {
    self.parties = parties
    self.minimum = minimum
    self.dominance = dominance
  }

  /// Notes what a value was made of, for the rules of release.
  func note(
    _ kind: RowReduction.Kind, _ node: Program.NodeID, mask: Program.NodeID, value: Program.NodeID? = nil
  ) {
    let known = builder.origin.flatMap { origins[$0] }
    reductions[node, default: []].append(
      .init(
        statistic: ProgramStatistic(kind, mask: mask, value: value), text: known?.text ?? builder.origin ?? "",
        site: site))
  }

  /// Keeps what the whole program decides on: whether it may be shown.
  func keep(_ reveal: PendingReveal) { reveals.append(reveal) }
  func keep(_ analysis: PendingAnalysis) { analyses.append(analysis) }
  /// The position of the next disclosure.
  var nextDisclosure: Int { reveals.last.map { $0.missing.map { $0 + 1 } ?? $0.index + 1 } ?? 0 }

  /// Runs `body` with nodes that say where they come from.
  func building<R>(_ text: String, at place: CallSite?, _ body: () throws -> R) throws(ParleyError) -> R {
    let (outerOrigin, outerSite) = (builder.origin, site)
    if let place { lastSite = place }
    site = place ?? site ?? lastSite
    defer { (builder.origin, site) = (outerOrigin, outerSite) }
    let short = ProgramFormula.shortened(text, to: 80)
    if let site {
      let origin = "\(short), \(site.file):\(site.line)"
      origins[origin] = (short, site)
      builder.origin = origin
    } else {
      builder.origin = short
    }
    do {
      return try body()
    } catch {
      throw fail(placed(error as? ParleyError ?? ParleyError(.invariant, "\(error)")))
    }
  }

  /// Notes an error; the first one is what the program is refused for.
  @discardableResult func fail(_ error: ParleyError) -> ParleyError {
    failure = failure ?? error
    return error
  }
  func fail(_ code: String, _ message: String, at site: CallSite?, remedy: String) -> ParleyError {
    fail(
      ParleyError(
        .init(code), message, at: site.map { .init(file: $0.file, line: $0.line) }, remedy: remedy))
  }

  /// Names that must be parties, each once.
  func check(_ names: [String], _ role: String, at site: CallSite) {
    if names.isEmpty || Set(names).count < names.count {
      _ = fail(
        "study/value", "the list of \(role)s is empty, or names one twice", at: site,
        remedy: "name every \(role) once")
    }
    for name in names where !parties.contains(name) {
      _ = fail(
        "study/unknown-name", "\(role) '\(name)' is not a party of this program", at: site,
        remedy: "use one of \(parties.joined(separator: ", ")), or add it to 'others'")
    }
  }

  func checkReveal(name: String, to recipients: [String], at site: CallSite) {
    check(recipients, "recipient", at: site)
    if name.isEmpty || reveals.contains(where: { $0.name == name })
      || analyses.contains(where: { $0.settings.name == name })
    {
      _ = fail(
        "study/duplicate", "a result is called '\(name)' already, or the name is empty", at: site,
        remedy: "give every result a name of its own")
    }
  }

  /// The error with the file and line of the call that the node at fault came from.
  func placed(_ error: ParleyError) -> ParleyError {
    guard error.place?.line == nil, let item = error.place?.item, let origin = origins[item] else { return error }
    var placed = error
    placed.place = .init(file: origin.site.file, line: origin.site.line, item: origin.text)
    return placed
  }
}

/// A secret or public value that is not yet nodes. Built at most once.
final class ProgramFormula {
  typealias Build = (Workshop) throws -> BuiltValue

  /// The formula, shortened when it is long.
  let text: String
  /// The declared column that it is; nil of everything that is computed.
  let declared: (table: String, column: String)?
  /// How many unbuilt expressions lie under this one: bounds the recursion of building.
  private let depth: Int
  private var build: Build?
  private var result: Result<BuiltValue, ParleyError>?

  static let longestText = 300
  static let deepest = 32

  init(
    _ text: String, over operands: [ProgramFormula] = [], declared: (table: String, column: String)? = nil,
    _ build: @escaping Build
  ) {
    self.text = Self.shortened(text, to: Self.longestText)
    self.declared = declared
    depth = 1 + (operands.map { $0.result == nil ? $0.depth : 0 }.max() ?? 0)
    self.build = build
  }

  /// A number or bit that everybody knows.
  static func constant(_ units: Int, scale: Int, text: String) -> ProgramFormula {
    ProgramFormula(text) { BuiltValue(node: $0.builder.constant(BigInt(units)), scale: scale) }
  }
  static func constant(_ bit: Bool) -> ProgramFormula {
    ProgramFormula(String(bit)) { BuiltValue(node: $0.builder.constant(bit)) }
  }

  /// Its nodes; asked again, the same ones.
  func built(in workshop: Workshop, at site: CallSite? = nil) throws(ParleyError) -> BuiltValue {
    if let result { return try result.get() }
    guard let build else { throw ParleyError(.invariant, "an expression rests on itself") }
    self.build = nil
    do throws(ParleyError) {
      let value = try workshop.building(text, at: site) { try build(workshop) }
      result = .success(value)
      return value
    } catch {
      result = .failure(error)
      throw error
    }
  }

  /// Builds now what would become too deep to build later.
  func bounded(in workshop: Workshop) -> ProgramFormula {
    if depth > Self.deepest { _ = try? built(in: workshop) }
    return self
  }

  static func shortened(_ text: String, to limit: Int) -> String {
    text.utf8.count <= limit ? text : String(text.prefix(limit - 1)) + "…"
  }
}
