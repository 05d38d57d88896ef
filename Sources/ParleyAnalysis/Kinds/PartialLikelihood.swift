import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// Cox's partial likelihood of rows by descending time, with ties by Breslow or by Efron (docs/proofs/cox.md).
///
/// The rows at risk at a time are all rows up to the last one of it, so that sums over them are running sums.
struct PartialLikelihood {
  typealias NodeID = Program.NodeID
  let design: Design
  let order: StratifiedOrder
  /// Scaled columns in that order, with ``ProgramBuilder/scaledBits`` fraction bits; 0 in slots that do not count.
  let columns: [Fixed]
  /// 1 for an event, else 0.
  let event: NodeID
  /// The same as bits.
  let isEvent: NodeID
  /// Bits of slots that count.
  let isUsed: NodeID
  /// Bits of the last rows of times, and of the rows after them.
  let isLast: NodeID
  let isFirst: NodeID
  /// Bits of the first rows of strata; nil of one stratum.
  let isStratumFirst: NodeID?
  /// How many events of its time stand up to a row.
  let eventsSoFar: NodeID
  /// Of the l-th of d events of a time l / d, counted from 0, down; nil for Breslow.
  private(set) var share: Fixed?
  let sizes: PartialLikelihoodSizes

  /// - Parameters:
  ///   - stratum: whole numbers; nil of one stratum.
  ///   - time: numbers of at least 0.
  ///   - event: bits; 0 in slots that do not count.
  init(
    _ design: Design, stratum: NodeID?, time: NodeID, event: NodeID, isEfron: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    self.design = design
    let rows = design.frame.maximumRows
    let sorted = try SurvivalOrder(
      stratum: stratum, time: time, isUsed: design.frame.isUsed, isEvent: event, columns: [event],
      numbers: design.columns.map(\.node), &builder)
    let order = try StratifiedOrder(sorted, rows: rows, &builder)
    self.order = order
    var columns: [Fixed] = []
    for node in order.numbers {
      columns.append(builder.fixed(node, fractionBits: ProgramBuilder.scaledBits))
    }
    self.columns = columns
    self.event = order.columns[0]
    let one = builder.constant(1)
    isEvent = try builder.compare(.equal, self.event, one)
    isUsed = try builder.compare(.equal, order.isUsed, one)
    isLast = try order.isLast(&builder)
    isFirst = try builder.shift(isLast, by: 1)
    isStratumFirst = try order.isStratumFirst(&builder)
    eventsSoFar = try builder.scan([.init(.sum, self.event)], restart: isFirst)[0]
    var most = BigInt(1)
    for column in columns { most = max(most, builder.magnitude(column.node)) }
    sizes = PartialLikelihoodSizes(
      rows: rows, most: Rational(most) * .power(-ProgramBuilder.scaledBits), sizeBits: design.sizeBits,
      isEfron: isEfron)
    share = nil
    guard isEfron else { return }
    let all = try atLast([eventsSoFar], &builder)[0]
    let before = try builder.multiply(self.event, try builder.subtract(eventsSoFar, one))
    let bits = PartialLikelihoodSizes.shareBits
    let end = BigInt(1) << bits
    let shares = try builder.quotient(
      try builder.scale(try builder.atLeast(before, 0), by: end), try builder.atLeast(all, 1), atMost: end - 1)
    // A division leaves bits; columns are moved as words.
    share = builder.fixed(
      try builder.matrixProduct(shares, one, rows: rows, inner: 1, columns: 1), fractionBits: bits)
  }

  /// Sums over the rows of the stratum up to each row.
  func totals(_ columns: [NodeID], _ builder: inout ProgramBuilder) throws(ParleyError) -> [NodeID] {
    guard let isStratumFirst else {
      var found: [NodeID] = []
      for column in columns { found.append(try builder.runningSum(column)) }
      return found
    }
    return try builder.scan(columns.map { .init(.sum, $0) }, restart: isStratumFirst)
  }

  /// Sums over the rows of the stratum from each row on.
  func rest(_ column: NodeID, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let backwards = try builder.reversed(column)
    guard let isStratumFirst else { return try builder.reversed(try builder.runningSum(backwards)) }
    let restart = try builder.reversed(try builder.shift(isStratumFirst, by: -1))
    return try builder.reversed(try builder.scan([.init(.sum, backwards)], restart: restart)[0])
  }

  /// What columns have in the last row of each row's time.
  func atLast(_ columns: [NodeID], _ builder: inout ProgramBuilder) throws(ParleyError) -> [NodeID] {
    var items: [Program.ScanItem] = []
    for column in columns { items.append(.init(.first, try builder.reversed(column))) }
    var found: [NodeID] = []
    for column in try builder.scan(items, restart: try builder.reversed(isLast)) {
      found.append(try builder.reversed(column))
    }
    return found
  }
}

/// Public sizes: how many fraction bits there is room for, and what errors follow.
struct PartialLikelihoodSizes: Hashable, Sendable {
  /// Linear predictors are from −8 to 6.
  static let window: (least: Int, most: Int) = (-8, 6)
  static let predictorBits = 30
  static let shareBits = 40
  /// Sums over rows are divided by 2^this times the rows, so that second derivatives are below 2.
  static let quarter = 2

  let rows: Int
  /// Of scaled columns, in magnitude.
  let most: Rational
  let sizeBits: Int
  let isEfron: Bool

  /// e^6 and e^-8, a little up and down.
  static let greatest = Series.rational(Series.exp(6)) * (1 + .power(-20))
  static let least = Series.rational(Series.exp(-8)) * (1 - .power(-20))

  private func bits(_ value: Rational) -> Int { value.ceiling.magnitude.bitWidth }
  private var count: Rational { Rational(BigInt(rows)) }
  /// Of e^η.
  var riskBits: Int { min(44, 57 - bits(count * Self.greatest)) }
  /// Of e^η · z.
  var momentBits: Int { 57 - bits(count * Self.greatest * most) }
  /// A bound on the sum of all reciprocals of sums of e^η over rows at risk: the k-th of them is of k rows at least, each at least e^-8, and Σ 1/k for k up
  /// to n is at most the number of bits of n.
  var mostHazard: Rational { Rational(BigInt(rows.bitWidth - rows.leadingZeroBitCount)) / Self.least + 1 }
  /// Of these reciprocals, each of which is at most e^6.
  var hazardBits: Int { 57 - bits(mostHazard) }
  /// Of a row's share of the events.
  var weightBits: Int { min(28, hazardBits - 8) }
  /// Of weighted columns in second derivatives, which are cut in two parts, and of the columns that these meet.
  static let productBits = 26
  /// Of sums of their products.
  var sumBits: Int { min(40, 59 - bits(count * 6) - sizeBits) }
  /// Of the upper part.
  var upperBits: Int { sumBits - ProgramBuilder.scaledBits }
  /// Of means over rows at risk, before they are divided.
  static let meanBits = 24
  /// 2^this is at least the power of two by which a sum over rows at risk is moved up.
  var powerBits: Int { bits(count * Self.greatest * Self.greatest) + 1 }
  /// The least sum over rows at risk that is divided by.
  var floor: BigInt { (Rational.power(riskBits) / Self.greatest).ceiling }

  /// The greatest.
  var ceiling: BigInt { (count * Self.greatest * .power(riskBits)).ceiling + BigInt(2 * rows) }

  /// A bound on the relative error of e^η: of the exponential, of the predictor, and of rounding.
  private func risk(_ exponential: Dyadic, _ predictor: Dyadic) -> Rational {
    exponential.rational + 2 * predictor.rational + .power(-riskBits - 1) / Self.least
  }
  /// Of sums over rows at risk: with ties by Efron also of the share, which stands beside 1 − share ≥ 1/rows, and of rounding.
  private func sums(_ risk: Rational) -> Rational {
    guard isEfron else { return risk }
    return risk + count * .power(-Self.shareBits) + .power(1 - riskBits) * Self.greatest
  }
  /// Of what rows weigh: twice those, of the reciprocal, and squares of all.
  private func weights(_ risk: Rational) -> Rational { (2 * sums(risk) + .power(-25)) * (1 + .power(-10)) }

  /// A bound on every element of the gradient, as it is divided.
  func gradientError(exponential: Dyadic, predictor: Dyadic) -> Dyadic {
    let risk = risk(exponential, predictor)
    // With M for what sums are divided by but for 4: Σ|z|ω ≤ √8 M; Σ|z|e^η ≤ 64 M, times two units of every row's reciprocal.
    let relative = weights(risk) * Rational(3, 4)
    let absolute = 16 * 2 * count * .power(-hazardBits)
    let rounding = Rational.power(-weightBits) + .power(-30)
    return Dyadic(of: relative + absolute + rounding)
  }
  /// A bound on every entry of both parts of the second derivative, as they are divided.
  func curvatureError(exponential: Dyadic, predictor: Dyadic) -> (weighted: Dyadic, means: Dyadic) {
    let risk = risk(exponential, predictor)
    let weighted = 2 * weights(risk) + 64 * count * .power(-hazardBits) + 8 * .power(-Self.productBits)
    let moment = .power(1 - momentBits) / Self.least
    let rounding = moment + .power(-Self.meanBits) + .power(-ProgramBuilder.scaledBits)
    let mean = weights(risk) * 4 + Rational(3, 2) * rounding
    return (Dyadic(of: weighted), Dyadic(of: mean))
  }
}
