internal import BigInt
internal import ParleyBase

/// Who learns exactly what, derived from the program and nothing else: the text that parties accept before a byte of
/// data leaves them.
public struct DisclosureStatement: Hashable, Sendable {
  /// One thing that named principals learn.
  public struct Item: Hashable, Sendable {
    /// Names of those who learn it.
    public var recipients: [String]
    /// The result that it belongs to; empty where it belongs to none.
    public var result: String
    /// Name of the disclosure.
    public var name: String
    /// What kind of information it is.
    public var meaning: Program.Disclosure.Meaning
    /// What is learnt, in words.
    public var explanation: String
    /// Largest difference from the exact statistic, as a decimal text; nil where that has no meaning.
    public var precision: String?
    /// How many values: one for each public group.
    public var count: Int
    /// Whether the values are the rows of a result of secret size, padding among them.
    public var isRowSet = false
  }
  /// Title of the study or program.
  public var title: String
  /// SHA-256 of the program: whoever accepts the statement accepts that program and no other with the same words.
  public var programHash: [UInt8]
  /// Hash of everything that the parties agree on: of a study, all of it that has a meaning, down to how cells are read and
  /// who holds which key. Whoever accepts the statement accepts that and nothing else with the same words.
  public var agreementHash: [UInt8]
  /// Word for word, without comments, lines ended by line feeds; empty for programs that were not made from queries.
  public var queries: [Query]
  /// Everything that is opened to principals, in the order of the program.
  public var items: [Item]
  /// What the computing parties learn about holders' rows before anything else is opened, in words; empty where
  /// nothing is checked inside the computation.
  public var verdicts: [String]
  /// What everybody in the session, or the computing parties, see besides results.
  public var publicFacts: [String]
  /// What the computing parties see in the middle of the computation, in words.
  public var intermediate: [String]
  /// Texts that are compared through digests, and how likely it is that two of them are taken for equal, in words; empty
  /// where the program has none.
  public var textDigests: [String]
  /// What the data must satisfy for results to be opened: one bit each, to the computing parties.
  public var requirements: [String]
  /// What is withheld, and by which rule.
  public var rules: [String]
  /// Whom the tables protect, and from which number on.
  private var release: ReleaseWords

  /// - Parameters:
  ///   - hash: of the program.
  ///   - agreement: hash of what the parties agree on.
  ///   - verdicts: of the lowered program.
  ///   - publicFacts: sizes and other facts that are not in the program (row counts of holders).
  ///   - rules: what is withheld, besides what `release` says of the tables.
  package init(
    title: String, program: Program, hash: [UInt8], agreement: [UInt8], verdicts: [LoweredProgram.Verdict] = [],
    queries: [Query] = [], publicFacts: [String], rules: [String], release: ReleaseWords
  ) {
    self.release = release
    self.title = title
    programHash = hash
    agreementHash = agreement
    self.queries = queries
    self.verdicts = Set(verdicts.map(\.table)).sorted().map { table in
      let own = verdicts.filter { $0.table == table }
      let holders = own.map(\.holder)
      return own.count == 1
        ? "whether \(holders[0])'s rows of \(own[0].tableName) are within the declared ranges, one bit"
        : "whether each holder's rows of \(own[0].tableName) are within the declared ranges, one bit per holder (\(Self.list(holders)))"
    }
    self.publicFacts = publicFacts
    self.rules = release.lines + rules
    intermediate = Self.intermediate(program)
    textDigests = Self.textDigests(program)
    requirements = program.requirements.map(\.message)
    // A text or a float is one thing, however many integers it is opened as.
    let furtherParts = Set(program.results.flatMap { $0.columns.flatMap(\.furtherParts) })
    items = program.disclosures.indices.compactMap { index in
      let disclosure = program.disclosures[index]
      let id = Program.DisclosureID(rawValue: index)
      guard !furtherParts.contains(id) else { return nil }
      let table = program.results.first { table in
        table.isAbsent == id || table.isWithheld == id || table.isNotEstimable == id
          || table.columns.contains { $0.value == id || $0.isNull == id }
      }
      let column = table?.columns.first { $0.value == id }
      var count = 1
      if case .fixed(let size) = program[disclosure.node].type.shape { count = size }
      return Item(
        recipients: disclosure.recipients, result: table?.name ?? "", name: disclosure.name,
        meaning: disclosure.meaning, explanation: disclosure.explanation, precision: column?.precision,
        count: count, isRowSet: table.map { $0.groupCount == nil } ?? false)
    }
  }

  /// Orders of shuffled rows; docs/proofs/sorting.md has why they tell nothing.
  private static func intermediate(_ program: Program) -> [String] {
    let sorts = program.count { if case .sort = $0 { true } else { false } }
    guard sorts > 0 else { return [] }
    return [
      "for each of \(sorts) sorts, one or several orders of shuffled rows: uniformly random, whatever the rows are"
    ]
  }

  /// One text for every row of its table, whichever results it is used for. All pairs of all of them are counted, also of
  /// texts that are never compared, so the bound holds for the whole program; docs/proofs/text-digests.md has the argument.
  private static func textDigests(_ program: Program) -> [String] {
    var names: [String] = []
    var count = BigInt(0)
    for input in program.inputs {
      guard case .textDigest(let text, _)? = input.formula else { continue }
      let table = program.tables[input.table.rawValue]
      var name = "\(text) of \(table.name)"
      if case .column(let column) = text { name = "\(table.name).\(column)" }
      guard !names.contains(name) else { continue }
      names.append(name)
      count += BigInt(table.maximumRows)
    }
    guard !names.isEmpty else { return [] }
    let pairs = max(count * (count - 1) / 2, 1)
    // The smallest power of two that is not below the number of pairs.
    let exponent = (pairs - 1).magnitude.bitWidth - TextDigest.bits
    return [
      "compared, and not shown: \(list(names))",
      "two different ones among these \(count) texts are taken for equal with probability at most 2^\(exponent)",
    ]
  }

  /// The canonical bytes whose hash a holder accepts.
  public var canonicalBytes: [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley disclosure statement 2")
    writer.write(text)
    writer.write(agreementHash)
    return writer.bytes
  }

  /// The statement in words.
  public var text: String {
    let groups = itemsByRecipients
    var lines = ["Disclosure statement: \(title)", "", "In short:"] + summary.map { "  - \($0)" } + [""]
    for group in groups {
      let verb = group.recipients.count == 1 ? "learns" : "each learn"
      lines.append("\(Self.list(group.recipients)) \(verb) exactly:")
      for (result, items) in Self.byResult(group.items) {
        lines.append("  result \"\(result)\"")
        lines += Self.lines(items)
      }
      lines.append("")
    }
    if !queries.isEmpty {
      lines.append("Computed by, word for word (comments are left out):")
      for query in queries {
        lines.append("  result \"\(query.result)\"")
        // No line of it can be taken for one of the statement: each begins with a bar.
        lines += query.lines.map { Self.bar + $0 }
      }
      lines.append("")
    }
    if !verdicts.isEmpty {
      lines.append("The computing parties each learn, before anything else is opened:")
      lines += verdicts.map { "  - \($0)" }
      lines.append("  If a holder's are not, the run ends there and nothing else is opened.")
      lines.append("")
    }
    if !requirements.isEmpty {
      lines.append("The computing parties each learn, before any result is opened, one bit each, whether:")
      lines += requirements.map { "  - not: \($0)" }
      lines.append(
        "  If one of these is not so, the run ends there and nothing else is opened; who receives results is told which."
      )
      lines.append("")
    }
    if !intermediate.isEmpty {
      lines.append("The computing parties see in the middle of the computation:")
      lines += intermediate.map { "  - \($0)" }
      lines.append("")
    }
    if !textDigests.isEmpty {
      lines.append("Texts shared as digests of \(TextDigest.bits) bits, under a key that the session agrees on:")
      lines += textDigests.map { "  - \($0)" }
      lines.append("")
    }
    if !rules.isEmpty {
      lines.append("Release rules:")
      lines += rules.map { "  - \($0)" }
      lines.append("")
    }
    lines.append("Besides these results:")
    lines += publicFacts.map { "  - \($0)" }
    lines.append("  - nothing else about any row is opened to anybody")
    lines += [
      "", "This is the program \(GroupedHash.text(programHash)).",
      "Whoever accepts it accepts all that the parties agree on, shown above or not: who takes part with which keys, how files are read, and everything else in \(GroupedHash.text(agreementHash)).",
    ]
    // What the author of a study wrote stays on its line, and can be seen.
    return lines.map(Self.visible).joined(separator: "\n") + "\n"
  }

  private static let bar = "    | "

  /// The blanks that a line begins with are ours; so is the layout of SQL, which ``Query/lines`` has made.
  private static func visible(_ line: String) -> String {
    if line.hasPrefix(bar) { return VisibleText.line(line) }
    let words = line.drop { $0 == " " }
    return String(repeating: " ", count: line.count - words.count) + VisibleText.compact(words)
  }

  private var itemsByRecipients: [(recipients: [String], items: [Item])] {
    var groups: [(recipients: [String], items: [Item])] = []
    for item in items {
      if let index = groups.firstIndex(where: { $0.recipients == item.recipients }) {
        groups[index].items.append(item)
      } else {
        groups.append((item.recipients, [item]))
      }
    }
    return groups
  }

  private static func byResult(_ items: [Item]) -> [(result: String, items: [Item])] {
    var groups: [(result: String, items: [Item])] = []
    for item in items {
      if groups.last?.result == item.result {
        groups[groups.count - 1].items.append(item)
      } else {
        groups.append((item.result, [item]))
      }
    }
    return groups
  }

  /// One line for what is learnt in the same words, with all its names.
  private static func lines(_ items: [Item]) -> [String] {
    var lines: [(names: [String], rest: String)] = []
    for item in items {
      // The result's name stands above, and an explanation that begins with the column's name says it already.
      var name = item.name
      if name.hasPrefix(item.result + ".") { name.removeFirst(item.result.count + 1) }
      let explanation =
        item.explanation.hasPrefix(name + ": ")
        ? String(item.explanation.dropFirst(name.count + 2)) : item.explanation
      var rest = ": \(explanation)"
      if item.isRowSet {
        rest = " (of every row of the result)" + rest
      } else if item.count > 1 {
        rest = " (\(item.count) values, one for each group)" + rest
      }
      if let index = lines.firstIndex(where: { $0.rest == rest }) {
        lines[index].names.append(name)
      } else {
        lines.append(([name], rest))
      }
    }
    return lines.map { "    - " + $0.names.joined(separator: ", ") + $0.rest }
  }

  /// The statement in at most five lines, for whoever reads no further.
  public var summary: [String] {
    let groups = itemsByRecipients
    var lines = groups.prefix(2).map { recipients, items in
      let values = items.filter { $0.meaning != .outcome }
      let numbers = values.filter { !$0.isRowSet }.reduce(0) { $0 + $1.count }
      let rowSets = Self.byResult(values.filter(\.isRowSet)).map { "\"\($0.result)\"" }
      var parts: [String] = []
      if numbers > 0 { parts.append(numbers == 1 ? "one value" : "\(numbers) values") }
      if !rowSets.isEmpty { parts.append("the rows of the result \(Self.list(rowSets))") }
      let bits = items.filter { $0.meaning == .outcome && !$0.isRowSet }.reduce(0) { $0 + $1.count }
      if bits > 0, !parts.isEmpty {
        parts.append("\(bits == 1 ? "one bit" : "\(bits) bits") about what is withheld, absent or NULL")
      }
      return "\(Self.list(recipients)) \(recipients.count == 1 ? "learns" : "each learn") "
        + (parts.isEmpty ? "outcomes only" : Self.list(parts))
    }
    if groups.count > 2 { lines[1] = "others learn other values: see below for each of \(groups.count) lists" }
    lines.append(release.summary)
    let records = Set(items.filter { $0.meaning == .recordValue }.map { "\($0.result): \($0.name)" }).count
    lines.append(
      records == 0
        ? "no record's own value is shown"
        : "\(records == 1 ? "one column has" : "\(records) columns have") single records' own values")
    lines.append("everybody sees who takes part, when, and the numbers of rows that are listed at the end")
    return lines
  }

  /// "a, b and c"; "nobody" of none.
  package static func list(_ names: [String]) -> String {
    switch names.count {
    case 0: "nobody"
    case 1: names[0]
    default: names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
    }
  }
}

/// Who must collude, or be broken into, to learn what: in plain words, from the engine's description.
public struct TrustStatement: Hashable, Sendable {
  /// One fact or assumption each.
  public var lines: [String]

  /// What follows from the protocol for these parties; computing parties in their order.
  package init(descriptor: EngineDescriptor, computing: [(name: String, organisation: String)], holders: [String])
  {
    let parties = computing.map { "\($0.name) (\($0.organisation))" }
    let threshold = descriptor.privacyThreshold
    var lines: [String] = []
    lines.append(
      "The computing parties are \(DisclosureStatement.list(parties)). Each holds random-looking shares of every row."
    )
    let isPair = descriptor.parties == 2 && threshold == 1
    if isPair {
      lines += [
        "Each is protected from the other: alone it learns nothing about a row that is not its own, only the public sizes listed above. Nobody else has to be trusted.",
        "Both together could reconstruct every row: nobody may control both, as by common administrators, hosting or backups.",
      ]
    } else {
      lines.append(
        threshold == 1
          ? "Any one of them alone learns nothing about any row, only the public sizes listed above."
          : "Any \(threshold) of them together learn nothing about any row.")
      lines.append(
        "Any \(threshold + 1) of them together could reconstruct every row: they must not collude, share administrators, hosting or backups."
      )
    }
    lines.append(
      descriptor.adversary == .malicious
        ? "A data holder learns nothing about another holder's rows except what the results say, however it deals its own: shares that do not fit together and rows out of range end the run."
        : "A data holder that deals its rows as agreed learns nothing about another holder's rows except what the results say."
    )
    lines.append(
      "A data holder or recipient that colludes with one computing party learns no more than the two know by themselves."
    )
    switch descriptor.adversary {
    case .semiHonest:
      lines.append(
        isPair
          ? "This holds when both run the agreed program (semi-honest): one that sends wrong messages can make results wrong without being noticed, and learn what it must not."
          : "This holds when every computing party runs the agreed program (semi-honest): a party that sends wrong messages can make results wrong without being noticed."
      )
      if isPair {
        lines.append(
          "Neither can go on without the other, and there is no fairness: one may have its result and end the run when the other has not."
        )
      }
    case .malicious:
      lines += [
        "This holds even when one computing party deviates in any way (malicious), as long as the other two run the agreed program (honest majority): they notice before anything is opened and end the run. The plan states the probability that a deviation goes unnoticed.",
        "There is no fairness: a party can always end the run, and one recipient may have its result when another has not. Nobody is told a wrong result.",
        "A run that ends early tells its parties that it ended, and the verdicts listed above if it came that far; nothing about any row beyond them.",
      ]
    }
    lines.append(
      "Somebody who records the network learns sizes and times only: links are TLS 1.3 with mutual keys and a post-quantum hybrid key exchange."
    )
    lines.append(
      "Data holders can supply false rows; nothing here detects a value that is wrong but within its declared range."
    )
    self.lines = lines
  }
}
