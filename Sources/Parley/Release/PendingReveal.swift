internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// A result, until the whole program is known.
struct PendingReveal {
  var name: String
  var recipients: [String]
  var text: String
  /// The value, and the bit that is 1 where there is one.
  var value: BuiltValue
  /// Protected rows that were made one value, from which it is computed; empty where nothing is judged.
  var reductions: [Program.NodeID]
  /// Positions among the disclosures of the program.
  var index: Int
  var missing: Int?
}

extension ProgramBuilder {
  /// What a value would be where it is not shown is no business of the recipient: 0.
  mutating func shown(
    _ value: NodeID, where bit: NodeID?
  ) throws(ParleyError) -> NodeID {
    guard let bit else { return value }
    return type(of: value).isBit ? try and(bit, value) : try select(bit, value, constant(0))
  }
}

extension SecureProgram {
  /// The program with its results, which the rules of release have judged.
  ///
  /// - Throws: `plan/release-…`
  func disclosing(_ schemas: [TableSchema]) throws(ParleyError) -> Program {
    var builder = workshop.builder
    var judge: ProgramJudge?
    if effectiveMinimum > 1 {
      let new = try ProgramJudge(
        workshop, tables: schemas, released: workshop.reveals.flatMap(\.reductions), minimum: effectiveMinimum,
        dominance: workshop.dominance)
      builder = new.builder
      judge = new
    }
    var columns: [Program.ResultTable.Column] = []
    for reveal in workshop.reveals {
      builder.origin = reveal.name
      var value = reveal.value
      var why = "no row takes part or it is withheld"
      if !reveal.reductions.isEmpty, let judge {
        let isShown = try builder.not(try judge.isWithheld(reveal.reductions, &builder))
        value.isPresent =
          try value.isPresent.map { (bit) throws(ParleyError) in try builder.and(bit, isShown) } ?? isShown
        value.node = try builder.shown(value.node, where: value.isPresent)
        why =
          "\(reveal.value.isPresent == nil ? "" : "no row takes part, its formula withholds it, or ")the results about \(judge.names(reveal.reductions)) rest somewhere on fewer than \(effectiveMinimum) of whom the table protects (but at least one)\(workshop.dominance.isEmpty ? "" : ", or few make up too much of a sum")"
      }
      columns.append(try disclose(reveal, value, why: why, &builder))
    }
    builder.result(
      .init(
        name: title, groupCount: 1, keys: [], columns: columns, order: Array(columns.indices), isAbsent: nil,
        isWithheld: nil))
    return builder.program.pruned()
  }

  private func disclose(
    _ reveal: PendingReveal, _ value: BuiltValue, why: String, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.ResultTable.Column {
    let record = value.isRecord ? " It is the value of one record, or follows from it." : ""
    let id = builder.disclose(
      .init(
        name: reveal.name, node: value.node, recipients: reveal.recipients,
        meaning: value.isRecord ? .recordValue : .statistic,
        explanation: "\(reveal.text), over the rows of all holders together.\(record)"))
    var missing: Program.DisclosureID?
    if let isPresent = value.isPresent {
      missing = builder.disclose(
        .init(
          name: "\(reveal.name) is missing", node: try builder.not(isPresent), recipients: reveal.recipients,
          meaning: .outcome,
          explanation: "One bit: 1 where \(reveal.name) has no value, because \(why)."))
    }
    guard id.rawValue == reveal.index, missing?.rawValue == reveal.missing else {
      throw ParleyError(.invariant, "a result is not where its handle looks for it")
    }
    let isBit = builder.type(of: value.node).isBit
    return .init(
      name: reveal.name, value: id, isNull: missing,
      format: isBit ? .boolean : value.scale == 0 ? .integer : .decimal(scale: value.scale), precision: "0")
  }

  /// What is withheld, in words.
  func rules(_ schemas: [TableSchema]) -> [String] {
    guard effectiveMinimum > 1 else {
      return [
        "no minimum of the whole program: a result may rest on a single row unless its formula says otherwise"
      ]
    }
    let words = ReleaseWords(tables: schemas, minimum: effectiveMinimum, allowsRows: false)
    return [
      "all results about a table are withheld together, inside the computation and before anything is opened, where one of them, a condition in one of them, or what tells two of them apart rests on \(words.fewer), but at least one; their counts are not opened either"
    ]
      + workshop.dominance.map {
        "so are they where \(words.makesUp($0)) of what one of them adds up (of absolute values)"
      } + [
        "whether results are withheld is told by one opened bit each"
      ]
  }
}
