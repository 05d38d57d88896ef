import Foundation
import ParleyBase
import ParleyCrypto
import ParleyProgram
import ParleySQL
import Yams

/// Turns the nodes of a study file into a ``Study`` and reports everything that is wrong on the way. When
/// something was reported, what comes back is only good for finding further problems.
struct StudyReader {
  let problems: Problems
  /// Of the file.
  private let lines: FileLines
  init(_ problems: Problems, text: String) {
    self.problems = problems
    lines = FileLines(text)
  }

  func study(_ root: Node) -> Study? {
    guard let fields = Fields(root, of: "the study", allowed: StudyKeys.study, problems) else { return nil }
    if let version = fields.integer("parley", in: 0...Int.max, required: true, example: "1"), version != 1 {
      problems.add(
        .studyUnsupported, "the study is written in format \(version); this version of Parley reads format 1",
        at: fields.position(of: "parley"), remedy: "use a version of Parley that reads format \(version)")
    }
    let name = fields.text("name", required: true, example: "Heart disease in four hospitals") ?? ""
    let description = fields.text("description", required: false, example: "What the study is for", .prose) ?? ""
    let parties = self.parties(fields)
    let names = parties.map(\.name)
    let (computing, computingCount) = self.computing(fields, parties)
    let tables = TableReader(problems).tables(fields, parties: names)
    let queries = self.queries(fields)
    let analyses = AnalysisReader(problems: problems) { query($0, $1, name: "rows") }.analyses(
      fields, queries: queries)
    let security = self.security(fields, computing: computingCount)
    if let computingCount { checkCount(computingCount, security.sharing, fields) }
    let release = self.release(fields, parties: names)
    let patience = duration("patience", fields, in: StudyLimits.patience, example: "60s")
    let deadline = duration("deadline", fields, in: StudyLimits.deadline, example: "2h")
    let study = Study(
      name: name, description: description, parties: parties, computing: computing, tables: tables,
      queries: queries, analyses: analyses, security: security, release: release, patience: patience ?? 60,
      deadline: deadline,
      requiresSignatures: fields.flag("require-signatures", default: true), file: problems.file)
    if problems.isEmpty { checkRoles(study) }
    return study
  }

  /// A party without a role is a slip in one of the lists.
  private func checkRoles(_ study: Study) {
    for party in study.parties where study.roles(of: party.name).isEmpty {
      problems.add(
        .studyValue, "party '\(party.name)' has no role", at: Position(line: party.line),
        remedy: "name it under computing, the holders of a table or release.recipients, or remove it")
    }
  }

  // MARK: Parties

  private func parties(_ fields: Fields) -> [Study.Party] {
    let nodes =
      fields.list("parties", required: true, limit: StudyLimits.parties, example: "[{name: …, organisation: …}]")
      ?? []
    var parties: [Study.Party] = []
    for (number, node) in nodes.enumerated() {
      guard let entry = Fields(node, "party", number: number + 1, allowed: StudyKeys.party, problems)
      else { continue }
      guard let name = entry.text("name", required: true, example: "university") else { continue }
      guard Identity.isValid(name: name) else {
        problems.add(
          .studyValue, "'\(name)' cannot name a party", at: entry.position(of: "name"),
          remedy: "use 1 to 64 letters, digits, '-', '_' and '.', not starting with '.' or '-'")
        continue
      }
      if let other = parties.first(where: { $0.name.lowercased() == name.lowercased() }) {
        problems.add(
          .studyDuplicate, "two parties are called '\(name)' (upper and lower case count as the same)",
          at: entry.position(of: "name"), remedy: "rename this one or the one in line \(other.line)")
        continue
      }
      let party = Study.Party(
        name: name,
        organisation: entry.text("organisation", required: false, example: "University of …") ?? "",
        key: key(entry, others: parties), endpoint: endpoint(entry, others: parties),
        line: entry.position?.line ?? 0)
      parties.append(party)
    }
    return parties
  }

  private func key(_ entry: Fields, others: [Study.Party]) -> PublicIdentity? {
    guard let text = entry.text("key", required: false, example: "parley1…") else { return nil }
    let key: PublicIdentity
    do { key = try PublicIdentity(text: text) } catch {
      problems.add(
        .studyValue, "the key of \(entry.what) cannot be used: \(error.message)", at: entry.position(of: "key"),
        remedy: error.remedy ?? "copy it again")
      return nil
    }
    if let other = others.first(where: { $0.key == key }) {  // public: identities are in the study
      problems.add(
        .studyDuplicate, "\(entry.what) has the key of party '\(other.name)'", at: entry.position(of: "key"),
        remedy: "every party makes a key of its own with 'parley identity create'")
    }
    return key
  }

  private func endpoint(_ entry: Fields, others: [Study.Party]) -> Study.Endpoint? {
    guard let text = entry.text("endpoint", required: false, example: "host.example.org:7100") else { return nil }
    guard let endpoint = Study.Endpoint(text) else {
      problems.add(
        .studyValue, "'\(text)' is not an endpoint", at: entry.position(of: "endpoint"),
        remedy: "write host:port with a port of 1 to 65535, as in host.example.org:7100 or \"[2001:db8::1]:7100\"")
      return nil
    }
    if let other = others.first(where: { $0.endpoint == endpoint }) {
      problems.add(
        .studyDuplicate, "\(entry.what) has the endpoint of party '\(other.name)'",
        at: entry.position(of: "endpoint"), remedy: "give every party an address or a port of its own")
    }
    return endpoint
  }

  /// The names that can be used, and how many are given; nil where there is no such list.
  private func computing(_ fields: Fields, _ parties: [Study.Party]) -> (names: [String], count: Int?) {
    guard let entries = fields.texts("computing", required: true, limit: 64, example: "[a, b, c]") else {
      return ([], nil)
    }
    let names = partyNames(entries, role: "a computing party", parties.map(\.name))
    checkOrganisations(names, of: entries.count, parties, fields.position(of: "computing"))
    return (names, entries.count)
  }

  /// Every protocol has its number of computing parties.
  private func checkCount(_ count: Int, _ sharing: Study.Security.SharingProtocol, _ fields: Fields) {
    guard count != sharing.partyCount else { return }
    let words = count == 1 ? "there is 1 computing party" : "there are \(count) computing parties"
    let other = Study.Security.SharingProtocol.allCases.first { $0.partyCount == count }
    problems.add(
      .studyComputing,
      "\(words); the \(sharing.rawValue) protocol has exactly \(sharing == .replicated ? "three" : "two")",
      at: fields.position(of: "computing"),
      remedy: other.map { "leave 'protocol' out, so that it is '\($0.rawValue)', which has \(count)" }
        ?? "list three parties, or two")
  }

  /// Each protocol protects against one party at a time: two in one hand see everything.
  ///
  /// - Parameter count: how many compute, those included whose names are none.
  private func checkOrganisations(
    _ computing: [String], of count: Int, _ parties: [Study.Party], _ position: Position?
  ) {
    var seen: [(organisation: String, name: String)] = []
    for party in computing.compactMap({ name in parties.first { $0.name == name } }) {
      let organisation = party.organisation
      guard !OrganisationName.skeletons(organisation).contains("") else {
        problems.add(
          .studyMissing, "computing party '\(party.name)' has no 'organisation' with a letter or digit",
          at: Position(line: party.line),
          remedy: "add 'organisation: …': who computes must be known, because no organisation may run two")
        continue
      }
      if let scripts = OrganisationName.mixedScripts(organisation) {
        problems.add(
          .studyValue,
          "the organisation of computing party '\(party.name)' mixes \(scripts.joined(separator: " and ")), which can look alike",
          at: Position(line: party.line), remedy: "write its name in one script")
        continue
      }
      if let other = seen.first(where: { OrganisationName.isSame($0.organisation, organisation) }) {
        problems.add(
          .studyOneOrganisation,
          "'\(party.organisation)' would run \(count == 2 ? "both" : "two of the three") computing parties, '\(other.name)' and "
            + "'\(party.name)', and with both of them see all data"
            + (other.organisation == organisation ? "" : " (names that look alike count as one)"),
          at: position, remedy: "let another organisation run one of them")
      }
      seen.append((organisation, party.name))
    }
  }

  /// Names that are parties, each once.
  private func partyNames(
    _ entries: [(text: String, position: Position?)], role: String, _ parties: [String]
  ) -> [String] {
    PartyList.check(entries, role: role, parties, problems)
  }

  // MARK: Program, security, release

  private func queries(_ fields: Fields) -> [Study.Query] {
    if fields.has("program") {
      if fields.has("queries") {
        problems.add(
          .studyValue, "the study has both 'queries' and 'program'", at: fields.keyPosition(of: "program"),
          remedy: "keep one: a single SQL text, or a list of named ones")
      }
      return query("program", fields, name: "result").map { [$0] } ?? []
    }
    // A study needs queries or analyses.
    guard
      let nodes = fields.list(
        "queries", required: !fields.has("analyses"), limit: StudyLimits.queries,
        example: "[{name: …, sql: SELECT …}]', or a single query as 'program: SELECT …")
    else { return [] }
    if nodes.isEmpty {
      problems.add(
        .studyMissing, "the study has no query", at: fields.position(of: "queries"),
        remedy: "add '- name: overall' with 'sql: SELECT …'")
    }
    var queries: [Study.Query] = []
    for (number, node) in nodes.enumerated() {
      guard let entry = Fields(node, "query", number: number + 1, allowed: StudyKeys.query, problems) else {
        continue
      }
      let name = entry.text("name", required: true, example: "overall")
      if let name {
        if !Identity.isValid(name: name) {
          problems.add(
            .studyValue, "'\(name)' cannot name a query", at: entry.position(of: "name"),
            remedy: "use 1 to 64 letters, digits, '-', '_' and '.'")
        }
        if let other = queries.first(where: { $0.name.lowercased() == name.lowercased() }) {
          problems.add(
            .studyDuplicate, "two queries are called '\(name)'", at: entry.position(of: "name"),
            remedy: "rename this one or the one whose SQL begins in line \(other.line)")
        }
      }
      if var query = query("sql", entry, name: name ?? "") {
        query.bound = entry.integer("bound", in: 1...StudyLimits.rows, required: false, example: "20000")
        queries.append(query)
      }
    }
    return queries
  }

  private func query(_ key: String, _ fields: Fields, name: String) -> Study.Query? {
    guard let node = fields.node(key, required: true, example: "SELECT COUNT(*) AS patients FROM patients") else {
      return nil
    }
    guard case .scalar(let scalar) = node, let sql = node.writtenText.map(TextRules.withLineFeeds),
      sql.contains(where: { !$0.isWhitespace })
    else {
      fields.wrongType(key, node, "SQL text", "SELECT COUNT(*) AS patients FROM patients")
      return nil
    }
    guard fields.isShowable(sql, key, node, .prose) else { return nil }
    // A line end that quotes escape is no character of the file, and was made another one.
    let places = sql.utf8.elementsEqual(scalar.string.utf8) ? lines.places(of: scalar) : nil
    // A block begins on the line after its '|'.
    let isBlock = scalar.style == .literal || scalar.style == .folded
    let line = places?.stretches.first?.line ?? (node.position?.line ?? 1) + (isBlock ? 1 : 0)
    return Study.Query(name: name, sql: sql, line: line, places: places ?? .unknown)
  }

  /// - Parameter computing: how many parties compute, from which the protocol follows where none is named.
  private func security(_ fields: Fields, computing: Int?) -> Study.Security {
    enum Named: String, CaseIterable { case auto, replicated, additive }
    let example = "{protocol: auto, adversary: semi-honest}"
    guard let node = fields.node("security", required: true, example: example),
      let entry = Fields(node, of: "security", allowed: StudyKeys.security, problems)
    else { return Study.Security(adversary: .semiHonest) }
    let named = entry.choice("protocol", Named.self, default: .auto)
    let sharing =
      named.flatMap { Study.Security.SharingProtocol(rawValue: $0.rawValue) }
      ?? (computing == Study.Security.SharingProtocol.additive.partyCount ? .additive : .replicated)
    let adversary = entry.choice("adversary", Study.Security.Adversary.self, default: nil)
    let verifier = entry.choice("verifier", Study.Security.Verifier.self, default: .auto)
    if adversary == .semiHonest, entry.has("verifier") {
      problems.add(
        .studyValue, "'verifier' has no meaning under 'adversary: semi-honest', where nothing is verified",
        at: entry.position(of: "verifier"), remedy: "write 'adversary: malicious', or remove 'verifier'")
    }
    return Study.Security(
      sharing: sharing, adversary: adversary ?? .semiHonest, verifier: verifier ?? .auto,
      line: entry.position(of: "adversary")?.line ?? 0)
  }

  private func release(_ fields: Fields, parties: [String]) -> Study.Release {
    guard
      let node = fields.node("release", required: true, example: "{minimum-cell: 5, recipients: […]}"),
      let entry = Fields(node, of: "release", allowed: StudyKeys.release, problems)
    else { return Study.Release(minimumCell: 0, recipients: []) }
    let minimum = entry.integer("minimum-cell", in: StudyLimits.minimumCell, required: true, example: "5")
    var recipients: [String] = []
    if let names = entry.texts("recipients", required: true, limit: StudyLimits.parties, example: "[…]") {
      if names.isEmpty {
        problems.add(
          .studyMissing, "nobody receives the result", at: entry.position(of: "recipients"),
          remedy: "name at least one party")
      }
      recipients = partyNames(names, role: "a recipient", parties)
    }
    return Study.Release(
      minimumCell: minimum ?? 0, recipients: recipients, allowsRows: allowsRows(entry),
      dominance: DominanceReader(entry, problems).limits, line: entry.position?.line ?? 0)
  }

  private func allowsRows(_ entry: Fields) -> Bool {
    enum Rows: String, CaseIterable { case forbidden, allowed }
    return entry.choice("rows", Rows.self, default: .forbidden) == .allowed
  }

  /// Whole seconds, or a number with s, m, h or d.
  private func duration(_ key: String, _ fields: Fields, in range: ClosedRange<Int>, example: String) -> Int? {
    guard let text = fields.text(key, required: false, example: example) else { return nil }
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard let number = Int(digits), digits.allSatisfy(\.isNumber), number <= range.upperBound else {
      problems.add(
        .studyValue,
        "'\(key)' is '\(text)', which is no time of \(range.lowerBound) to \(range.upperBound) seconds",
        at: fields.position(of: key), remedy: "write a number with s, m, h or d, as in '\(key): \(example)'")
      return nil
    }
    let seconds = number * (unit ?? 1)
    guard range.contains(seconds) else {
      problems.add(
        .studyValue, "'\(key)' is \(seconds) seconds; it may be \(range.lowerBound) to \(range.upperBound)",
        at: fields.position(of: key), remedy: "write '\(key): \(example)'")
      return nil
    }
    return seconds
  }
}

enum PartyList {
  /// The entries that are parties, each once; the others are reported.
  static func check(
    _ entries: [(text: String, position: Position?)], role: String, _ parties: [String], _ problems: Problems
  ) -> [String] {
    var names: [String] = []
    for (name, position) in entries {
      if !parties.contains(name) {
        problems.add(
          .studyUnknownName, "'\(name)' is named as \(role) but is not a party of the study", at: position,
          remedy: Suggestion.remedy(for: name, among: parties, else: "add it under 'parties'"))
      } else if names.contains(name) {
        problems.add(
          .studyDuplicate, "'\(name)' is named twice as \(role)", at: position, remedy: "remove one of them")
      } else {
        names.append(name)
      }
    }
    return names
  }
}

extension Study.Endpoint {
  /// `host:port` or `[address]:port`.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 &- 48 < 10 }), let port = Int(digits),
      (1...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" }) else {
        return nil
      }
    } else {
      guard
        host.utf8.allSatisfy({ byte in
          byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
        }), let first = host.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-")
      else { return nil }
    }
    guard (1...253).contains(host.utf8.count) else { return nil }
    self.init(host: String(host), port: port)
  }
}
