//! Where countries are: the middle of each and how far its farthest inhabited corner lies from there.
//!
//! Rounded to whole degrees and 50 km, which is all that a country tells about a client. Overseas parts with a code of
//! their own have a row of their own. Generous on purpose: whoever could be at a border is taken to be there.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// `CC latitude longitude radius/50km`, sorted by nothing in particular.
const TABLE: &str = "\
AD 43 2 1;AE 24 54 6;AF 34 66 17;AG 17 -62 2;AI 18 -63 1;AL 41 20 4;AM 40 45 4;AO -12 18 20;AQ -80 0 60;AR -36 -65 46;\
AS -14 -170 3;AT 47 14 8;AU -26 134 46;AW 12 -70 1;AX 60 20 2;AZ 40 48 7;BA 44 18 4;BB 13 -60 1;BD 24 90 8;BE 51 5 4;\
BF 12 -2 10;BG 43 25 6;BH 26 51 1;BI -3 30 3;BJ 10 2 9;BL 18 -63 1;BM 32 -65 1;BN 5 115 2;BO -17 -65 18;BQ 15 -66 10;\
BR -11 -53 52;BS 24 -77 12;BT 27 90 4;BV -54 3 1;BW -22 24 11;BY 54 28 8;BZ 17 -89 4;CA 58 -100 66;CC -12 97 1;CD -3 24 25;\
CF 7 21 15;CG -1 15 14;CH 47 8 4;CI 8 -6 9;CK -19 -160 24;CL -34 -71 52;CM 6 13 16;CN 35 104 62;CO 4 -73 24;CR 10 -84 6;\
CU 22 -79 13;CV 16 -24 5;CW 12 -69 1;CX -11 106 1;CY 35 33 3;CZ 50 15 6;DE 51 10 11;DJ 12 43 3;DK 56 10 8;DM 15 -61 1;\
DO 19 -71 5;DZ 28 3 26;EC -1 -79 26;EE 59 26 5;EG 27 30 15;EH 24 -14 10;ER 15 39 10;ES 40 -4 46;ET 9 40 18;FI 64 26 14;\
FJ -18 178 10;FK -52 -59 4;FM 7 152 32;FO 62 -7 2;FR 47 2 24;GA -1 12 8;GB 54 -3 18;GD 12 -62 1;GE 42 44 6;GF 4 -53 6;\
GG 49 -3 1;GH 8 -1 8;GI 36 -5 1;GL 70 -42 30;GM 13 -15 5;GN 10 -11 10;GP 16 -62 2;GQ 2 10 10;GR 39 23 12;GS -54 -37 6;\
GT 16 -90 6;GU 13 145 1;GW 12 -15 4;GY 5 -59 10;HK 22 114 1;HM -53 73 1;HN 15 -87 8;HR 45 16 6;HT 19 -73 4;HU 47 19 6;\
ID -2 118 54;IE 53 -8 6;IL 31 35 6;IM 54 -5 1;IN 22 79 36;IO -6 72 6;IQ 33 44 12;IR 32 54 24;IS 65 -19 7;IT 43 12 18;\
JE 49 -2 1;JM 18 -77 3;JO 31 36 6;JP 36 138 42;KE 0 38 12;KG 41 75 11;KH 13 105 6;KI 1 -168 66;KM -12 44 4;KN 17 -63 1;\
KP 40 127 9;KR 36 128 8;KW 29 48 3;KY 19 -81 4;KZ 48 67 36;LA 18 104 13;LB 34 36 3;LC 14 -61 1;LI 47 10 1;LK 8 81 6;\
LR 6 -9 7;LS -30 28 4;LT 55 24 5;LU 50 6 2;LV 57 25 6;LY 27 17 22;MA 32 -7 22;MC 44 7 1;MD 47 29 4;ME 43 19 3;\
MF 18 -63 1;MG -19 47 18;MH 9 168 14;MK 42 22 3;ML 17 -4 24;MM 21 96 26;MN 47 104 28;MO 22 114 1;MP 17 146 8;MQ 15 -61 1;\
MR 20 -10 18;MS 17 -62 1;MT 36 14 1;MU -20 58 12;MV 3 73 10;MW -13 34 10;MX 24 -102 42;MY 4 110 26;MZ -18 35 22;NA -22 17 18;\
NC -21 165 6;NE 17 9 20;NF -29 168 1;NG 9 8 16;NI 13 -85 6;NL 52 5 5;NO 64 13 28;NP 28 84 10;NR -1 167 1;NU -19 -170 1;\
NZ -41 174 22;OM 21 57 14;PA 9 -80 8;PE -9 -75 24;PF -15 -145 26;PG -6 147 20;PH 12 123 20;PK 30 70 22;PL 52 19 10;PM 47 -56 1;\
PN -24 -128 6;PR 18 -66 3;PS 32 35 2;PT 39 -8 34;PW 7 134 10;PY -23 -58 12;QA 25 51 2;RE -21 56 1;RO 46 25 9;RS 44 21 6;\
RU 60 95 100;RW -2 30 3;SA 24 45 24;SB -9 160 16;SC -6 53 24;SD 16 30 20;SE 62 16 18;SG 1 104 1;SH -16 -6 50;SI 46 15 3;\
SJ 78 16 8;SK 49 19 5;SL 8 -12 4;SM 44 12 1;SN 14 -14 8;SO 6 46 20;SR 4 -56 6;SS 7 30 14;ST 1 7 3;SV 14 -89 3;\
SX 18 -63 1;SY 35 38 8;SZ -27 31 2;TC 22 -72 2;TD 15 19 20;TF -49 69 20;TG 9 1 7;TH 15 101 20;TJ 39 71 8;TK -9 -172 3;\
TL -9 126 4;TM 39 59 14;TN 34 10 9;TO -20 -175 10;TR 39 35 18;TT 11 -61 2;TV -8 179 8;TW 24 121 5;TZ -6 35 16;UA 49 31 16;\
UG 1 32 8;UM 19 167 80;US 40 -98 52;UY -33 -56 6;UZ 41 64 18;VA 42 12 1;VC 13 -61 2;VE 7 -66 16;VG 18 -65 1;VI 18 -65 1;\
VN 16 107 18;VU -16 167 10;WF -13 -177 3;WS -14 -172 2;XK 43 21 2;YE 15 47 14;YT -13 45 1;ZA -29 25 18;ZM -13 28 16;ZW -19 30 9";

/// A place on the globe and how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Degrees north.
    pub latitude: f32,
    /// Degrees east.
    pub longitude: f32,
    /// How far from there it may really be, in kilometres.
    pub radius_km: f32,
}

/// Where a country is, by its ISO 3166 code.
pub(super) fn place(code: &str) -> Option<Place> {
    let &[a, b] = code.as_bytes() else { return None };
    let at = index(a, b)?;
    places().get(at).copied().flatten()
}

/// Two capital letters as a number below 676.
fn index(a: u8, b: u8) -> Option<usize> {
    (a.is_ascii_uppercase() && b.is_ascii_uppercase()).then(|| usize::from(a - b'A') * 26 + usize::from(b - b'A'))
}

fn places() -> &'static [Option<Place>] {
    static PLACES: OnceLock<Vec<Option<Place>>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let mut places = vec![None; 26 * 26];
        for row in TABLE.split(';') {
            let mut words = row.split(' ');
            let code = words.next().unwrap_or_default().as_bytes();
            let mut number = || words.next().and_then(|w| w.parse::<f32>().ok());
            if let (Some(at), Some(latitude), Some(longitude), Some(radius)) =
                (code.first().zip(code.get(1)).and_then(|(a, b)| index(*a, *b)), number(), number(), number())
            {
                places[at] = Some(Place { latitude, longitude, radius_km: radius * 50.0 + 100.0 });
            }
        }
        places
    })
}

impl Place {
    /// Kilometres between the nearest points that two places may be at: great circle less both radii, at least 0.
    pub fn apart(&self, other: &Self) -> f64 {
        let [a, b, c, d] =
            [self.latitude, self.longitude, other.latitude, other.longitude].map(|x| f64::from(x).to_radians());
        // Haversine on a sphere of 6,371 km.
        let h = ((c - a) / 2.0).sin().powi(2) + a.cos() * c.cos() * ((d - b) / 2.0).sin().powi(2);
        let between = 2.0 * 6_371.0 * h.sqrt().min(1.0).asin();
        (between - f64::from(self.radius_km) - f64::from(other.radius_km)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_country_on_the_globe() {
        let rows = TABLE.split(';').count();
        assert_eq!(places().iter().flatten().count(), rows, "a row twice or unreadable");
        assert!(rows >= 245, "{rows}");
        for p in places().iter().flatten() {
            assert!(p.latitude.abs() <= 90.0 && p.longitude.abs() <= 180.0 && p.radius_km >= 150.0, "{p:?}");
        }
        assert_eq!((place("de"), place("ZZ"), place("DEU"), place("é")), (None, None, None, None));
    }

    #[test]
    fn neighbours_touch_and_continents_do_not() {
        let apart = |a, b| place(a).unwrap().apart(&place(b).unwrap());
        for (a, b) in [
            ("DE", "FR"),
            ("DE", "PL"),
            ("US", "CA"),
            ("US", "MX"),
            ("RU", "PL"),
            ("RU", "NO"),
            ("RU", "CN"),
            ("CN", "IN"),
            ("ES", "PT"),
            ("FR", "ES"),
            ("GB", "IE"),
            ("IT", "CH"),
            ("BR", "AR"),
            ("CL", "AR"),
            ("KZ", "RU"),
            ("AU", "ID"),
            ("MY", "SG"),
            ("TH", "MY"),
            ("NO", "SE"),
            ("NO", "FI"),
            ("GR", "TR"),
            ("EG", "IL"),
            ("ZA", "NA"),
            ("DZ", "MA"),
            ("IN", "PK"),
            ("JP", "KR"),
            ("VN", "CN"),
            ("PE", "CL"),
            ("CD", "AO"),
            ("GB", "FR"),
            ("DK", "SE"),
        ] {
            assert!(apart(a, b) < 100.0, "{a} {b}: {}", apart(a, b));
        }
        for (a, b, least) in [
            ("DE", "US", 3_000.0),
            ("DE", "CN", 3_000.0),
            ("FR", "BR", 4_000.0),
            ("GB", "JP", 6_000.0),
            ("US", "AU", 8_000.0),
            ("DE", "SG", 9_000.0),
            ("PL", "VN", 6_000.0),
        ] {
            assert!(apart(a, b) > least, "{a} {b}: {}", apart(a, b));
        }
    }
}
