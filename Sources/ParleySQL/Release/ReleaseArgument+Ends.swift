import BigInt
import ParleyProgram

/// The values at the ends of what is left of what is added up, of the declared range, under conditions, and in groups that are made of it.
extension ReleaseArgument {
  /// With the number of rows known, a sum of 1 to 5 is one of 0 to 4, and what is missing to 5 for each is one too. Ends are
  /// those of the values that conditions leave: of `x BETWEEN 30 AND 31` there are two.
  ///
  /// The ends of the declared range stay ends of what is added up: sums over less than all rows are compared by them.
  ///
  /// - Parameter other: what it is multiplied with is not 0.
  mutating func readEnds(
    of value: Expression, below path: Expression?, beside other: Expression? = nil, isSummed: Bool
  ) {
    if case .choose = value { return }
    let declared = facts.range(of: value)
    if let declared {
      readEnds(
        of: value, declared.lower, declared.upper, below: path, other, isSummed: isSummed, isNarrowed: false)
    }
    guard let left = facts.ends(of: value, where: conditions(in: path)) else { return }
    let few = value.columns.count == 1 ? facts.fewValues(of: value, where: conditions(in: path)) : nil
    if let few, few.count == 2, few[1] - few[0] > 1 {
      addBothValues(.compare(.equal, value, .integer(few[0])), below: path)
    } else if left.lower != declared?.lower || left.upper != declared?.upper {
      readEnds(
        of: value, left.lower, left.upper, below: path, other, isSummed: isSummed, isNarrowed: true,
        isFew: few != nil)
    }
    if isSummed, left.lower != left.upper {
      readEndsOfGroups(of: value, left.lower, left.upper, below: path, other)
    }
  }
  /// - Parameters:
  ///   - isNarrowed: by conditions, so that ends of products are looked at as well.
  ///   - isFew: they leave few values, however far these are from each other.
  private mutating func readEnds(
    of value: Expression, _ lower: BigInt?, _ upper: BigInt?, below path: Expression?, _ other: Expression?,
    isSummed: Bool, isNarrowed: Bool, isFew: Bool = false
  ) {
    var isNarrow = isFew
    if let lower, let upper {
      if upper - lower == 1 { return addBothValues(.compare(.equal, value, .integer(lower)), below: path) }
      if upper == lower { return }
      isNarrow = isFew || upper - lower <= Facts.narrow
    }
    guard isSummed, isNarrow || isNarrowed || !value.isSumOrProduct else { return }
    for end in [lower, upper].compactMap(\.self) where end != 0 {
      let isNoEnd = value.differs(from: end)
      add(contributors: within(path, isNoEnd))
      if let other { add(contributors: within(path, .and(other, isNoEnd))) }
      if isNarrow { add(summand: [value], below: path, except: end) }
    }
  }

  /// Groups of neighbouring values, such as `GROUP BY x / 2` or bands: ends are those of the group. A value is no end if the next one is of
  /// the same group. Of two values that a group has, a sum tells who has which.
  private mutating func readEndsOfGroups(
    of value: Expression, _ lower: BigInt?, _ upper: BigInt?, below path: Expression?, _ other: Expression?
  ) {
    guard let groups = ValueGroups(of: value, madeBy: keys, facts) else { return }
    // Texts of numbers have an order of their own: neighbours say nothing of them.
    guard !groups.keys.contains(where: \.showsNumbers) else { return objectToEntangled() }
    for condition in [groups.isNoEnd(lower, -1), groups.isNoEnd(upper, 1)] {
      add(contributors: within(path, condition))
      if let other { add(contributors: within(path, .and(other, condition))) }
    }
    if let pair = groups.pair(where: conditions(in: path), from: lower, to: upper) {
      add(pair: within(path, pair.isGreater))
      // Where all who have a value are told, those with the lesser one are, and not only those without the greater.
      if facts.mayBeNull(value) { add(pair: within(path, pair.isLesser)) }
    }
  }

  /// A product in groups of two values of a factor is that of the others over all rows, and again over those with the greater value.
  mutating func addPairs(of term: Term, below path: Expression?) {
    for (place, factor) in term.enumerated() {
      guard let groups = ValueGroups(of: factor, madeBy: keys, facts),
        !groups.keys.contains(where: \.showsNumbers),
        let ends = facts.ends(of: factor, where: conditions(in: path)),
        let pair = groups.pair(where: conditions(in: path), from: ends.lower, to: ends.upper)
      else { continue }
      var others = term
      others.remove(at: place)
      for rows in [pair.isGreater, .or(pair.isGreater, pair.isLesser)] {
        add(summand: others, below: within(path, rows), isOfPair: true)
      }
    }
  }
}
