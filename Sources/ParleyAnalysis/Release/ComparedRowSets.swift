import BigInt
import ParleyBase
import ParleyProgram

/// R9: several analyses of the rows of one protected table (docs/proofs/release-models.md, *Several analyses*).
///
/// Slot i of each is row i of the table. What an analysis shows is of sets of its rows: those that it uses, and those in which a column of few
/// values has one of them. Two results whose sets differ in few rows tell of these.
enum ComparedRowSets {
  typealias NodeID = Program.NodeID
  /// Whole numbers that make groups have a set for each value up to so many.
  private static let mostValues = 16

  /// The analyses, each withheld where a rule about it and another does not hold.
  ///
  /// - Throws: `analysis/release-set` where a set cannot be compared.
  static func compared(
    _ analyses: [PreparedRows], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [PreparedRows] {
    var all = analyses
    var sets: [[NodeID]] = []
    var numbers = 0
    for own in analyses {
      builder.origin = own.analysis.name
      let found = try self.sets(own, &builder)
      sets.append(found.sets)
      numbers += found.numbers
    }
    for index in all.indices {
      // Together they have no more coefficients than one model of so many rows may have.
      try all[index].rules.requireRows(all[index].frame.used, forCoefficients: numbers, &builder)
      for other in all.indices where other > index {
        builder.origin = all[index].analysis.name
        let violated = try areFew(sets[index], sets[other], all[index].rules, &builder)
        all[index].rules.withhold(where: violated)
        all[other].rules.withhold(where: violated)
      }
    }
    return all
  }

  /// The sets of rows that an analysis rests on, all rows that it uses first, and how many numbers it can have for each: one a column, or a value of one.
  private static func sets(
    _ own: PreparedRows, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (sets: [NodeID], numbers: Int) {
    let frame = own.frame
    var sets = [frame.isUsed]
    var numbers = 1
    var seen: Set<String> = []
    func add(_ bit: NodeID) { if !sets.contains(bit) { sets.append(bit) } }
    for name in own.variables where seen.insert(name).inserted {
      add(frame.isPresent(name))
      if frame.isOptional(name) { numbers += 1 }
      if let values = try frame.listedValues(of: name, most: own.conditions.contains(name) ? mostValues : 2) {
        for value in values { add(try frame.bit(name, is: value, &builder)) }
        numbers += max(values.count - 1, 1)
      } else {
        guard !own.conditions.contains(name) else {
          throw own.analysis.settings.error(
            "release-set",
            "\(own.analysis.settings.what) makes sets of rows of '\(name)', which can have more than \(mostValues) values, and another analysis is about the same rows",
            remedy:
              "let holders bring a bool in place of '\(name)', and name that; or ask for the other in a study of its own"
          )
        }
        numbers += 1
      }
    }
    return (sets, numbers)
  }

  /// 1 where for two sets, one of each analysis, what both have or one has alone is 1 to k − 1 rows; a scalar bit.
  private static func areFew(
    _ first: [NodeID], _ second: [NodeID], _ rules: AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    var found = builder.constant(false)
    var counts: Set<NodeID> = []
    for a in first {
      for b in second where a != b {
        let both = try builder.sum(try builder.and(a, b))
        for count in [
          both, try builder.subtract(try builder.sum(a), both), try builder.subtract(try builder.sum(b), both),
        ] where counts.insert(count).inserted {
          found = try builder.or(found, try rules.isFew(count, &builder))
        }
      }
    }
    return found
  }
}
