public import ParleyBase
package import ParleyCrypto
public import ParleyProgram
internal import ParleySQL
public import ParleyStudy

/// A study compiled to a program and lowered for its protocol: everything that can be said about it without data.
public struct PreparedStudy: Sendable {
  /// The study as it was read.
  public let study: Study
  /// What runs, and what the command line and the library say about it.
  package let core: PreparedProgram
  /// Which verifier the run has and why; nil where nothing is verified.
  package let verifierChoice: VerifierChoice?

  /// The version that parties compare when they meet.
  public static let version = "0.1.0"

  /// Compiles and lowers `study`.
  ///
  /// - Throws: `sql/…` with line and column in the study file, `plan/…` where a range overflows or the set of
  ///   results would give a withheld count away, `study/unsupported`.
  public init(_ study: Study) throws(ParleyError) {
    self.study = study
    try study.checkSupported(by: [
      .init(.replicated, .semiHonest), .init(.replicated, .malicious, .proofs),
      .init(.replicated, .malicious, .macs), .init(.additive, .semiHonest),
    ])
    let program = try DeepStack.run("compiling") { () throws(ParleyError) in try study.program() }
    guard study.security.adversary == .malicious else {
      core = try Self.prepare(study, program, verifier: nil)
      verifierChoice = nil
      return
    }
    switch study.security.verifier {
    case .proofs:
      var proofs = try Self.prepare(study, program, verifier: .proofs)
      verifierChoice = VerifierChoice.choose(
        requested: .proofs, proofs: try proofs.assumedCost(), macs: nil, on: .lan)
      core = proofs
    case .macs:
      var macs = try Self.prepare(study, program, verifier: .macs)
      verifierChoice = VerifierChoice.choose(requested: .macs, proofs: nil, macs: try macs.assumedCost(), on: .lan)
      core = macs
    case .auto:
      // Every party must come to the same choice, so it rests on the study alone: the largest sizes it allows, a network
      // and rates that are the same everywhere.
      var proofs = try Self.prepare(study, program, verifier: .proofs)
      let proofsCost = try proofs.assumedCost()
      guard let macs = try Self.prepareMacs(study, program, like: proofs) else {
        verifierChoice = VerifierChoice.choose(proofs: proofsCost, macs: nil, on: .lan)
        core = proofs
        return
      }
      verifierChoice = VerifierChoice.choose(proofs: proofsCost, macs: macs.cost, on: .lan)
      core = verifierChoice?.method == .macs ? macs.program : proofs
    }
  }

  /// Instructions of programs for which both verifiers are planned. Macs have the shorter check, which decides where there is little
  /// to check.
  private static let mostCompared = 25_000

  /// The other verifier, and what it costs; nil where the program is too large for it: without shuffles it sorts fewer rows,
  /// and takes more gates for that.
  private static func prepareMacs(
    _ study: Study, _ program: Program, like proofs: PreparedProgram
  ) throws(ParleyError) -> (program: PreparedProgram, cost: Cost)? {
    guard proofs.lowered.instructions.count <= mostCompared else { return nil }
    let sorted = try PlanSizes.longestOrder(of: proofs.lowered, rows: proofs.shape(rows: proofs.assumedRows).rows)
    guard sorted <= MergeExchange.most else { return nil }
    do throws(ParleyError) {
      let same = proofs.with(.macs)
      var macs: PreparedProgram
      if let same {
        macs = same
      } else {
        macs = try prepare(study, program, verifier: .macs, forms: proofs.inputForms)
      }
      let cost = try macs.assumedCost()
      return (macs, cost)
    } catch {
      guard ["plan/no-shuffle", "plan/too-large"].contains(error.code.rawValue) else { throw error }
      return nil
    }
  }

  private static func prepare(
    _ study: Study, _ program: Program, verifier: VerifierDescriptor.Method?, forms: Lowering.InputForms? = nil,
    advises: Bool = true
  ) throws(ParleyError) -> PreparedProgram {
    do throws(ParleyError) {
      return try PreparedProgram(
        title: study.name, program: program,
        principals: study.meshOrder.map { name in
          let party = study.party(name)
          return .init(name: name, organisation: party?.organisation ?? "", key: party?.key)
        }, computing: study.computing.count, tables: study.schemas,
        adversary: study.security.adversary == .malicious ? .malicious : .semiHonest, verifier: verifier,
        minimumCell: study.release.effectiveMinimum, allowsRows: study.release.allowsRows,
        rules: rules(of: study, program),
        queries: study.computedTexts().map { .init(result: $0.name, text: $0.text) },
        publicFacts: PreparedProgram.publicFacts(of: study.schemas, agreement: "study")
          + study.tables.flatMap(\.fileFacts)
          + (study.requiresSignatures
            ? [] : ["nobody must have signed this study for it to run ('require-signatures: false')"]),
        forms: forms, studyHash: study.studyHash)
    } catch {
      guard advises else { throw error }
      throw study.advised(study.placed(error)) { changed in
        guard let program = try? changed.program() else { return false }
        return (try? prepare(changed, program, verifier: verifier, advises: false)) != nil
      }
    }
  }

  private init(_ study: Study, _ core: PreparedProgram, _ verifierChoice: VerifierChoice?) {
    self.study = study
    self.core = core
    self.verifierChoice = verifierChoice
  }

  /// The same study with other keys, as a trial needs; nothing is compiled again.
  package func withKeys(_ keys: [String: PublicIdentity]) -> PreparedStudy {
    let keyed = study.withKeys(keys)
    return PreparedStudy(keyed, core.withKeys(keys, studyHash: keyed.studyHash), verifierChoice)
  }

  /// What is computed; printed, hashed and costed before anything runs.
  public var program: Program { core.program }
  /// The program as instructions.
  package var lowered: LoweredProgram { core.lowered }
  /// What the planner knows of the engine.
  package var descriptor: EngineDescriptor { core.descriptor }
  /// SHA-256 of the program's canonical encoding.
  public var programHash: [UInt8] { core.programHash }
  /// Who learns exactly what.
  public var statement: DisclosureStatement { core.statement }
  /// What a holder accepts: SHA-256 of the statement.
  public var statementHash: [UInt8] { core.statementHash }
  /// Who must collude to learn what.
  public var trust: TrustStatement { core.trust }

  private static func rules(of study: Study, _ program: Program) -> [String] {
    let minimum = study.release.effectiveMinimum
    guard minimum > 1 else { return ["no minimum: a result may rest on a single row"] }
    let raised =
      minimum == study.release.minimumCell
      ? []
      : [
        "the minimum is \(minimum) although the study says \(study.release.minimumCell): where rows may not be shown, nothing may rest on a single one"
      ]
    // Rows of tables have no group that could be too small.
    let rows =
      study.release.allowsRows
      ? [
        "rows of tables are shown one by one where a query asks for them ('rows: allowed'): the minimum does not hold for these"
      ]
      : []
    return raised + rows + [
      "a \(study.release.allowsRows ? "statistic" : "result") that rests on \(study.releaseWords.fewer) is withheld inside the computation, before anything is opened; its count is not opened either"
    ] + study.release.dominance.map { dominance($0, study.releaseWords) } + [
      "where one withheld group could be worked out from the others and the total, the smallest shown group is withheld as well"
    ] + outcomes(program)
  }

  /// What is learned of groups that are not shown.
  private static func outcomes(_ program: Program) -> [String] {
    let told = program.results.filter { $0.groupCount != nil }
    let secret = program.results.filter { $0.groupCount == nil }
    // Where there are both, each line says of which results it speaks.
    func place(_ results: [Program.ResultTable]) -> String {
      told.isEmpty || secret.isEmpty ? "" : "in \(results.map { "\"\($0.name)\"" }.joined(separator: ", ")): "
    }
    var lines: [String] = []
    if !told.isEmpty {
      lines.append(
        place(told)
          + "an absent group (no row), a withheld one and a NULL value are told apart by one opened bit each")
    }
    if !secret.isEmpty {
      lines.append(
        place(secret) + "a withheld row looks like one that is not there, and nobody learns which rows these are")
    }
    return lines
  }

  private static func dominance(_ limit: ReleaseRules.Dominance, _ words: ReleaseWords) -> String {
    "so is a group in which \(words.makesUp(limit)) of what is added up in a sum or mean (of absolute values)"
  }

  /// What the rules of release say, beside results.
  package var releaseWords: ReleaseWords { study.releaseWords }

  /// The sizes of a run: for each table, rows by holder in the order of the study.
  package func shape(rows: [[Int]]) throws(ParleyError) -> RunShape { try core.shape(rows: rows) }
  /// The plan for given sizes: for each table, rows by holder in the order of the study.
  package func plan(rows: [[Int]]) throws(ParleyError) -> Plan { try core.plan(rows: rows) }
  /// What it costs not to trust data holders; nil where they are trusted.
  package func inputChecks(_ plan: Plan) throws(ParleyError) -> InputChecks? { try core.inputChecks(plan) }
  /// The rows a plan assumes when none are given: the maximum, shared out evenly.
  package var assumedRows: [[Int]] { core.assumedRows }
}

extension ReleaseWords {
  /// "one row makes up more than 60 percent", of a limit of dominance.
  func makesUp(_ limit: ReleaseRules.Dominance) -> String {
    let largest = limit.units == 1 ? "one \(one) makes" : "the \(limit.units) largest \(counted) make"
    return "\(largest) up more than \(limit.percent) percent"
  }
}

extension Study {
  /// An error that knows only which query a value is of, with the query's place in the study file.
  fileprivate func placed(_ error: ParleyError) -> ParleyError {
    guard let item = error.place?.item, error.place?.file == nil else { return error }
    var placed = error
    if let query = queries.first(where: { $0.name == item }) {
      placed.place = .init(file: file, line: query.line, item: "query '\(item)'")
    } else if queries.contains(where: { item.contains("query '\($0.name)', line ") }) {
      placed.place?.file = file
    }
    return placed
  }

  /// An overflow, with the query that keeps fewer decimals of means of which it computes others, where that passes: other advice
  /// does not help where a column has no decimals.
  fileprivate func advised(_ error: ParleyError, passes: (Study) -> Bool) -> ParleyError {
    guard error.code.rawValue == "plan/overflow",
      let place = queries.firstIndex(where: { error.place?.item?.contains("query '\($0.name)'") == true }),
      queries[place].sql.utf8.count <= 4096
    else { return error }
    for places in [2, 0] {
      guard let text = NestedAverages.cut(sqlQueries[place], places: places) else { return error }
      var changed = self
      changed.queries[place].sql = text
      changed.queries[place].places = nil
      guard passes(changed) else { continue }
      var advised = error
      let own = "keep fewer decimals of the means within; this passes: \(VisibleText.line(text))"
      advised.remedy = [error.remedy, own].compactMap(\.self).joined(separator: "; or ")
      return advised
    }
    return error
  }

  fileprivate var releaseWords: ReleaseWords {
    ReleaseWords(tables: schemas, minimum: release.effectiveMinimum, allowsRows: release.allowsRows)
  }
}
