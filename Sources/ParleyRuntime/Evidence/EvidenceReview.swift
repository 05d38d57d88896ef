package import ParleyBase
internal import ParleyEngine

/// What several principals' evidence of one session shows together, without trusting any of them.
///
/// **What is used.**
/// - (a) Signatures: a statement is its maker's, whoever shows it. An honest party signs one statement before the
///   openings, and records that repeat it. Two statements that differ name their maker, whatever else is true.
/// - (b) An honest pair's statements agree, so of a pair that disagrees one deviates.
/// - (c) When an honest computing party accuses, one of the accused deviates.
/// - (d) At most one computing party deviates: whoever is compatible with all of (b) and (c) remains possible, and a
///   single one that remains is named.
///
/// What principals that do not compute say is shown and not used, because any number of them may deviate. The argument
/// is in docs/proofs/attribution.md.
///
/// **Who they are.** Names, numbers, keys and roles of principals are those of the study that all of them have signed. A
/// file's own word on them would let principals that do not compute pass for computing parties, or put another's name to a
/// key: without the study nobody is named and no finding is told.
package struct EvidenceReview: Sendable, Hashable {
  /// One thing that the files show.
  package enum Finding: Sendable, Hashable {
    /// Signed two different things where an honest party signs one: proof against its maker.
    case equivocation(PartyIndex, Statement.Moment)
    /// Signed another opening than it had stated: proof against its maker.
    case contradiction(PartyIndex, Statement.Moment)
    /// One of the two deviates.
    case disagreement(Disagreement)
    /// The author's word.
    case accusation(by: PartyIndex, of: [PartyIndex], message: String, place: String?)
  }
  /// What all findings come to.
  package enum Verdict: Sendable, Hashable {
    /// By what it signed itself; holds whoever else deviates.
    case proven([PartyIndex])
    /// The one party that all findings allow, if at most one computing party deviates.
    case follows(PartyIndex)
    /// One of these.
    case undecided([PartyIndex])
    /// Findings that no single deviating party explains.
    case severalDeviate
    /// The caller has no study that all principals have signed.
    case withoutStudy
    /// Nothing speaks against anybody.
    case nothing
  }

  /// Session id, hexadecimal.
  package let session: String
  /// Hash of the study, hexadecimal.
  package let study: String
  /// Names of the principals, by index; empty without a study.
  package let names: [String]
  /// Whose files were read, by index.
  package let authors: [PartyIndex]
  /// What was found, in the order in which it is told.
  package let findings: [Finding]
  /// What they come to.
  package let verdict: Verdict

  /// - Parameters:
  ///   - files: with the paths they were read from.
  ///   - principals: by index, from the signed study of which the caller has compared the hash with ``study``. Without them
  ///     the files are checked against their own words only.
  /// - Throws: `data/evidence` when a file is edited, forged or of another session.
  package init(
    _ files: [(path: String?, evidence: Evidence)], principals: [Evidence.Principal]?, _ verify: Receipt.Verifier
  ) throws(ParleyError) {
    guard let first = files.first?.evidence.body else { throw Evidence.refusal("there is no evidence to check") }
    var statements: [Statement] = []
    var findings: [Finding] = []
    var authors: Set<PartyIndex> = []
    for (path, evidence) in files {
      let body = evidence.body
      guard body.session == first.session, body.study == first.study, body.program == first.program,
        body.attempt == first.attempt, body.job == first.job, body.principals == first.principals
      else {
        throw Evidence.refusal("it is about another session, study or set of keys than the first file", path)
      }
      statements += try Self.check(evidence, path, principals, verify)
      let author = PartyIndex(body.author)
      authors.insert(author)
      if !body.accused.isEmpty {
        findings.append(
          .accusation(
            by: author, of: body.accused.map { PartyIndex($0) }, message: body.message, place: body.place))
      }
    }
    session = first.session
    study = first.study
    self.authors = authors.sorted()
    guard let principals else {
      names = []
      self.findings = []
      verdict = .withoutStudy
      return
    }
    findings = Self.findings(about: statements) + findings
    names = principals.map(\.name)
    self.findings = findings
    verdict = Self.verdict(
      on: findings, computing: principals.filter(\.isComputing).map { PartyIndex($0.index) })
  }

  /// Checks one file by itself and gives the statements in it.
  private static func check(
    _ evidence: Evidence, _ path: String?, _ known: [Evidence.Principal]?, _ verify: Receipt.Verifier
  ) throws(ParleyError) -> [Statement] {
    func refuse(_ what: String) -> ParleyError { Evidence.refusal("the evidence does not hold: \(what)", path) }
    let body = evidence.body
    let count = body.principals.count
    guard body.format == Evidence.format else { throw refuse("it has another format (\(body.format.prefix(40)))") }
    for text in [body.session, body.study, body.program] where bytes(hexadecimal: text)?.count != 32 {
      throw refuse("session, study or program is no hash of 64 hexadecimal digits")
    }
    guard bytes(hexadecimal: body.job) != nil else { throw refuse("its job is not hexadecimal") }
    guard body.principals.map(\.index) == Array(0..<count), body.principals.indices.contains(body.author),
      body.accused.allSatisfy({ (0..<count).contains($0) && $0 != body.author })
    else { throw refuse("it names parties that it does not list, or its own author") }
    if let known, known != body.principals {
      throw refuse("names, numbers, keys or roles of its parties are not those of the study")
    }
    let keys = body.principals.map { bytes(hexadecimal: $0.identity) ?? [] }
    guard let signature = bytes(hexadecimal: evidence.signature),
      verify(keys[body.author], try evidence.signedBytes(), signature)
    else { throw refuse("the signature is not by the key of \(body.principals[body.author].name)") }
    var statements: [Statement] = []
    for signed in body.statements {
      guard let raw = bytes(hexadecimal: signed.statement), let signature = bytes(hexadecimal: signed.signature),
        let statement = try? Statement.decode(raw), hexadecimal(statement.session) == body.session,
        body.principals.indices.contains(statement.party.rawValue),
        body.principals[statement.party.rawValue].isComputing
      else { throw refuse("a statement in it is malformed or of another session") }
      guard verify(keys[statement.party.rawValue], raw, signature) else {
        throw refuse("a statement is not signed by \(body.principals[statement.party.rawValue].name)")
      }
      statements.append(statement)
    }
    return statements
  }

  private static func findings(about all: [Statement]) -> [Finding] {
    var statements: [Statement] = []
    for statement in all where !statements.contains(statement) { statements.append(statement) }
    statements.sort { ($0.party, $0.moment.rawValue) < ($1.party, $1.moment.rawValue) }
    var findings: [Finding] = []
    func add(_ finding: Finding) { if !findings.contains(finding) { findings.append(finding) } }
    for (index, a) in statements.enumerated() {
      for b in statements[(index + 1)...] where a.party == b.party {
        if a.moment == b.moment {
          add(.equivocation(a.party, a.moment))
        } else if a.moment == .beforeOpenings, b.contradicts(a) {
          add(.contradiction(b.party, b.moment))
        }
      }
    }
    for disagreement in Disagreement.all(among: statements.filter { $0.moment == .beforeOpenings }) {
      add(.disagreement(disagreement))
    }
    return findings
  }

  private static func verdict(on findings: [Finding], computing: [PartyIndex]) -> Verdict {
    var proven: Set<PartyIndex> = []
    var possible = Set(computing)
    var isRestricted = false
    for finding in findings {
      switch finding {
      case .equivocation(let party, _), .contradiction(let party, _): proven.insert(party)
      case .disagreement(let pair):
        possible.formIntersection([pair.first, pair.second])
        isRestricted = true
      case .accusation(let author, let accused, _, _):
        guard computing.contains(author), accused.allSatisfy({ computing.contains($0) }) else { continue }
        // A false accusation comes from a party that deviates.
        possible.formIntersection(accused + [author])
        isRestricted = true
      }
    }
    guard proven.isEmpty else { return .proven(proven.sorted()) }
    guard isRestricted else {
      // Words of, or about, principals that do not compute are all there is.
      let involved = findings.reduce(into: Set<PartyIndex>()) { set, finding in
        if case .accusation(let author, let accused, _, _) = finding { set.formUnion(accused + [author]) }
      }
      return involved.isEmpty ? .nothing : .undecided(involved.sorted())
    }
    switch possible.count {
    case 0: return .severalDeviate
    case 1: return .follows(possible.min() ?? computing[0])
    default: return .undecided(possible.sorted())
    }
  }

  /// Who is named, if anybody.
  package var named: [PartyIndex] {
    switch verdict {
    case .proven(let parties): parties
    case .follows(let party): [party]
    default: []
    }
  }

  // MARK: In words

  /// The study's name of a principal, or its index where there is no study.
  package func name(_ party: PartyIndex) -> String {
    names.indices.contains(party.rawValue) ? names[party.rawValue] : party.description
  }
  private func list(_ parties: [PartyIndex]) -> String { parties.map { name($0) }.joined(separator: " or ") }

  /// A finding as a sentence.
  package func words(_ finding: Finding) -> String {
    switch finding {
    case .equivocation(let party, let moment):
      "\(name(party)) has signed two different statements \(moment.words)"
    case .contradiction(let party, let moment):
      "\(name(party)) has signed \(moment.words) something else than it had stated before the openings"
    case .disagreement(let pair):
      "\(name(pair.first)) and \(name(pair.second)) have signed statements that do not agree on "
        + pair.subject.words(name)
    case .accusation(let author, let accused, let message, let place):
      "\(name(author)) says about \(list(accused)): \(message)" + (place.map { " (at \($0))" } ?? "")
    }
  }

  /// The verdict as a sentence.
  package var conclusion: String {
    switch verdict {
    case .proven(let parties):
      "named: \(parties.map { name($0) }.joined(separator: " and ")), by its own signatures"
    case .follows(let party):
      "named: \(name(party)), the only one whom all of this allows if at most one computing party deviates"
    case .undecided(let parties):
      "cannot be told apart: \(list(parties)); the evidence of the others may decide it, and whoever trusts one of them knows"
    case .severalDeviate: "no single party explains all of this: more than one computing party deviates"
    case .nothing: "nothing here speaks against anybody"
    case .withoutStudy: "nobody is named: who took part, and as what, is known from the signed study only"
    }
  }
}

extension Statement.Moment {
  var words: String {
    switch self {
    case .beforeOpenings: "before the openings"
    case .verdicts: "on opening the verdicts"
    case .results: "on opening the results"
    }
  }
}
