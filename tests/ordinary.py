"""Ordinary phrases with digits, colons, dashes and names of settings, none of which is syntax."""

PHRASES = tuple(
    line.strip()
    for line in r"""
a clock at 10:30
a clock at 3:05
a digital clock showing 7:00
the train leaves at 9:15
breakfast at 6:45
midnight, 12:00
a stopwatch at 12:30:45
a countdown 00:01
an alarm clock, 5:30
tea at 4:20
a sunset at 18:02
lap time 1:23.45
a 16:9 photo of a beach
a wide photo, 16:9
widescreen 16:9
portrait 9:16
a square picture 1:1
an old television 4:3
cinema 21:9
a film still 2.39:1
a model car, scale 1:43
a map 1:25000
a train set 1:87
odds of 3:1
the score was 2:1
football, 3:2
halftime, 0:0
a tie, 1:1
Psalm 23:4
John 3:16
Genesis 1:1
Romans 8:28
Rev. 21:4
Matthew 5:3
1 Corinthians 13:4
Ezekiel 25:17
Quran 2:255
Blade Runner:2049
Blade Runner: 2049
Cyberpunk:2077
2001: a space odyssey
James Bond:007
Mission 51:50
Alien: Romulus
Star Wars: Episode 4
a sign: no entry
warning: wet floor
a poster that says: sale
colours: red and blue
theme: winter
a cat: black, small
Tokyo: 1985
Paris:1920
year:1984
chapter:12
room:101
bus:42
platform:93
http://localhost:8080
http://localhost:5
https://example.com:443
127.0.0.1:80
192.168.1.1:8080
localhost:3000
a cat :3
a dog :)
a clown :D
a sad robot :(
a kitten :-3
a wink ;)
a:1_000
budget 1_000
version 2.0
a camera, f/1.8
a lens, 50mm
a Canon 5D
an iPhone 15
a Boeing 747
an Airbus A380
a blue BMW X4
a BMW X2
Mega Man X2
Mega Man X4
a Fiat X2
Malcolm X
a Volvo XC90
a 4x4
a muddy 4x4 truck
a Jeep 4x4
a grid of 2x2
a plank, 2x4
a 2x4 plank
a Rubik's cube 3x3
a poster size 4x6
a print 8x10
a canvas 30 x 40
an a4 page
a mustard seed 3
a mustard seed
a sunflower seed 7 meters tall
an avocado seed 2
poppyseed 7
a pumpkin seed 12
a seed 7 days old
pea seed 5
a show of strength
strength 9 coffee
a man of strength 100
tower of strength 3
a shoe size 42
a shoe of size forty
size 8 boots
a dress size 12
king size
life size
a house in gothic style
a house in gothic style please
gangnam style
hair style 4
a dance, free style
old style clock
a bundle of straw
a bundle of 7
a bundle straw
a preset dial
iterations of a spiral
a spiral after 3 iterations
replace the batteries
replace me
a red car -- at night
a red car – at night
a red car — at night
a mother—daughter portrait
a well-known fox
one-size 7
a half-size violin
art-deco
black-and-white
sci-fi
a T-shirt
a three-seed loaf
1990-2000
pages 3–7
9-5 job
-10 degrees
minus 5 degrees
a temperature of -3
+5 sword
a +1 shield
a dog's life
rock 'n' roll
the '90s
'tis the season
the cat's whiskers
a sign saying "open"
a sign saying “open”
a sign saying 'open'
the “big” one
“to be or not to be”
5 o'clock
a 6' man
a 12" record
50% off
100 cats
7 dwarfs
3 little pigs
99 red balloons
24 hours
route 66
area 51
apollo 11
catch 22
district 9
ocean's 11
fahrenheit 451
studio 54
formula 1
windows 95
level 42
blink 182
pi is 3.14159
e = 2.718
a = b
x = 5
1 + 1
2 + 2 = 5
a² + b²
H2O
CO2
R2D2
C3PO
WALL-E
K-9
3D render
8K wallpaper
4k photo
a 1/2 pint
24/7 diner
a 50/50 bet
A/C
AC/DC
#1 dad
a #5 ball
$5 bill
€5:50
£3.20
no. 5
No 10
room no. 237
and so on...
what?!
a cat (sitting)
a clock (10:30)
a cat [black]
a {curly} sign
<3
a heart <3
a cat & a dog
C++ code
user@example.com
@ 5 pm
café de flore
東京 10:30
Москва 1980
12:30 東京
كلب ٣
a:٣
١٠:٣٠
a cat at ３:３０
no cars
no smoking
said --
a line --
a -- b
it’s raining
the dog’s bone
an x2 fox
2x speed
ten x ten
a sx2
x3
Matrix: Reloaded
Terminator 2: Judgment Day
Final score 7:5
Bayern 4:2 Dortmund
a 5:4 victory
Luke 2:1-20
Ps 119:105
Sura 112:1
Prov. 3:5,6
1 Kings 3:9
train departs 8:05 sharp
08:15
quarter past 6:15 pm
a marathon in 2:59:59
2024-06-01T10:30:00Z
2024-12-31
31.12.1999
12/25/2020
at 3:4 zoom
a 1:2.5 slope
a mix 2:1:1
concrete 1:2:3
vinegar and oil, 1:3
a Mazda MX-5
Porsche 911 x2
Peugeot 206 - red
Nikon Z 50, f2.8
Sony A7:IV
DJI Mini 4 Pro
BMW M3 E46
Ferrari F40, 1987
an F-16
a MiG-29
Apollo-11
IMG_2041.jpg
photo-1.png
notes:final:2.docx
C:\Users\me
C:/games/doom2
file:///etc/hosts
ftp://a.b:21
https://example.com/a?b=1:2
mailto:me@example.com
:smile:
<:blob:123456789012345678>
heart :heart: 3
👍🏽 ×2
v1.2.3
v2
Python 3.12
node:18-alpine
H2SO4
C6H12O6
NaCl : water
pH:7
pH 7.4
2H2 + O2
Fe2+ and Cl-
ISBN 978-3-16-148410-0
ISBN: 0306406152
52.5200 N, 13.4050 E
40°42'46"N 74°0'21"W
48.8566, 2.3522
-33.86, 151.21
99 Luftballons - Nena
na na na na, hey hey hey
one, two, three, 4
U2: With or Without You
Blink-182: All the Small Things
Track 1: Intro
Op. 27, No. 2
K. 545
Symphony No. 9: Ode to Joy
Sonnet 18:1
Act 2:1
ratio 3/4
size matters
a giant, size XXL
a cake, size 9 inches
clothes, size 8
Tarot: Strength 8
Zelda: Majora's Mask 3
half-life 2
Half-Life: Alyx
Portal 2
Left 4 Dead 2
Fallout: New Vegas
Civ:6
Catch:22
the answer:42
Year 2000:01
24/7:365
a "10:30" sign
an "--ar" label
to be — or not
A–Z
a – b
well – style matters
Paris — size of a city
the village — no cars, no noise
peace — no war
a room – no people
night-mode
a pre-set table
a-seed 7
grape-seed 2
Flanders -- 1917
1990–2000
-style
- seed
- a red car
• a red car
1. a red car
1) a red car
(1:2)
[1:2]
{1:2}
f(x)=x^2
x^2 + y^2
E=mc^2
a^b
snow^
~100 people
~5 cats
about ~2
5:1 compression
(parentheses:)
a smile (:
(10:30)
(John 3:16)
(1.5)
1e5
1:1e3
T-minus 10:00
GMT+2
UTC-5:00
UTC+5:30
10:30-11:45
10:30–11:45
10:30, 11:45
Mon-Fri 9:00-17:00
A: yes
Q: why? A: because
re: meeting
12:00:00.5
00:00.50
a car x2
X2: X-Men United
x4 wheels
style
10x
100x100 pixels
2 x 4
a poster 24x36
a --- line
Episode: 4
Iron Man: 2
e^x + 1
^_^
a village – style matters here
Stranger Things: 3
""".splitlines()
    if line.strip()
)
